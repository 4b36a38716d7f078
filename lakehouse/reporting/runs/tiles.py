"""The numbers at the top of the page."""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse.reporting.data import ReportData, Scores
from lakehouse.reporting.numbers import compact, count, exact, short_day
from lakehouse.reporting.quarantine import section as quarantine
from lakehouse.reporting.runs.states import TableState


@dataclass(frozen=True)
class Tile:
    """A number, what it counts, and a line of context."""

    label: str
    value: str
    note: str
    anchor: str


def tiles(data: ReportData, states: list[TableState]) -> list[Tile]:
    """At most four; what is not there has no tile."""
    day = data.newest_day
    if day is None:
        return []
    made = [_fresh(states, short_day(day)), _quarantine_tile(data)]
    if data.model and data.model.metrics:
        made.append(_model(data))
    if data.scores and data.scores.total:
        scored = f"{data.scores.entity} scored"
        made.append(Tile(scored, exact(data.scores.total), _spread(data.scores), "scores"))
    return made


def _spread(scores: Scores) -> str:
    """The likely ones, the most frequent class, or the range of most numbers."""
    if scores.classes:
        return f"{exact(scores.counts[0])} of them {scores.classes[0]}"
    if scores.kind == "numbers":
        return f"most from {compact(scores.low)} to {compact(scores.high)}"
    likely = sum(scores.counts[len(scores.counts) // 2 :])
    return f"{exact(likely)} of them at 50 % or more"


def _fresh(states: list[TableState], day: str) -> Tile:
    fresh = sum(state.state == "fresh" for state in states)
    return Tile("tables fresh", f"{fresh} of {len(states)}", f"newest day {day}", "runs")


def _quarantine_tile(data: ReportData) -> Tile:
    """The rows that the section on the quarantine explains, of the same tables."""
    newest = quarantine.newest(data)
    note = "none is set aside"
    if newest:
        note = f"{exact(newest[1])} from {short_day(newest[0], data.newest_day)}"
    return Tile("rows in quarantine", exact(quarantine.total(data)), note, "quarantine")


def _model(data: ReportData) -> Tile:
    model = data.model
    metric = model.metrics[0] if model else None
    chosen = next((c for c in metric.candidates if c.chosen), None) if metric else None
    if model is None or metric is None or chosen is None:
        return Tile("model", "–", "no figures", "model")
    note = count(len(metric.candidates), "candidate")
    if chosen.low is not None and chosen.high is not None:
        note = f"{chosen.low:.3f} to {chosen.high:.3f} (95 %)"
    return Tile(f"{metric.name}, version {model.version}", f"{chosen.value:.3f}", note, "model")
