"""Slices, days and errors of the model, from what its training run recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lakehouse.ml.run_summary import RunSummary
from lakehouse.reporting.data import Interval
from lakehouse.reporting.monitored.series import PerformancePoint


@dataclass(frozen=True)
class PartRow:
    """A slice of the test, or the whole; ``metrics`` are intervals by recorded name."""

    label: str
    rows: int
    customers: int
    metrics: Mapping[str, Interval]


@dataclass(frozen=True)
class WorstRow:
    """A slice with larger errors than the rest. ``excess`` is the loss beyond what its scores
    expect of themselves; None where scores do not say."""

    label: str
    customers: int
    loss: float
    elsewhere: float
    excess: Interval | None = None


@dataclass(frozen=True)
class MistakeRow:
    """A confident mistake; ``entity`` is a token, empty where keys are not tokens."""

    kind: str
    entity: str
    day: str
    label: str
    predicted: str


@dataclass(frozen=True)
class Curve:
    """A curve of a candidate: points of x and y."""

    name: str
    points: tuple[tuple[float, float], ...]
    chosen: bool = False


@dataclass(frozen=True)
class Examined:
    """``metric`` is the recorded name of the metric that the pictures show. ``hidden`` counts the
    slices of fewer than ``fewest`` customers; ``max_gap`` is that of the gate on slices in
    ``gated``, if there is one. ``searched`` slices were compared by their mean ``loss`` to find the
    ``worst``."""

    metric: str
    whole: PartRow | None = None
    slices: tuple[PartRow, ...] = ()
    hidden: int = 0
    fewest: int = 20
    gated: str = ""
    max_gap: float | None = None
    days: tuple[PerformancePoint, ...] = ()
    searched: int = 0
    loss: str = "error"
    worst: tuple[WorstRow, ...] = ()
    mistakes: tuple[MistakeRow, ...] = ()
    gain: tuple[Curve, ...] = ()
    lift: tuple[Curve, ...] = ()


def examined(facts: RunSummary, *, metric: str, chosen: str) -> Examined | None:
    """What the run recorded; None where it recorded nothing of it."""
    gate = facts.slices.get("gate") or {}
    whole = facts.slices.get("whole") or facts.stability.get("whole")
    if whole is None:
        return None
    return Examined(
        metric,
        whole=_part(whole, "all of the test"),
        slices=tuple(
            _part(part, f"{part['column']}: {part['level']}")
            for part in facts.slices.get("slices", [])
        ),
        hidden=int(facts.slices.get("hidden", 0)),
        fewest=int(facts.slices.get("fewest_customers", 20)),
        gated=str(gate.get("metric", "")),
        max_gap=gate.get("max_gap"),
        days=tuple(_days(facts.stability.get("days", []), metric)),
        searched=int(facts.errors.get("searched", 0)),
        loss=str(facts.errors.get("loss", "error")),
        worst=tuple(_worst(found) for found in facts.errors.get("worst_slices", [])),
        mistakes=tuple(_mistake(found) for found in facts.errors.get("mistakes", [])),
        gain=_curves(facts.curves.get("gain", {}), chosen),
        lift=_curves(facts.curves.get("lift", {}), chosen),
    )


def _part(part: Mapping[str, Any], label: str) -> PartRow:
    metrics = {
        name: Interval(label, float(ends["estimate"]), ends["low"], ends["high"])
        for name, ends in part["metrics"].items()
    }
    return PartRow(label, int(part["rows"]), int(part["customers"]), metrics)


def _days(days: Sequence[Mapping[str, Any]], metric: str) -> Iterator[PerformancePoint]:
    for day in days:
        ends = day["metrics"].get(metric)
        if ends is not None:
            moment = date.fromisoformat(day["level"][:10])
            yield PerformancePoint(moment, float(ends["estimate"]), ends["low"], ends["high"])


def _worst(found: Mapping[str, Any]) -> WorstRow:
    ends = found["excess"]
    return WorstRow(
        str(found["name"]),
        int(found["customers"]),
        float(found["loss"]),
        float(found["loss_elsewhere"]),
        None if ends is None else Interval("excess", ends["estimate"], ends["low"], ends["high"]),
    )


def _mistake(found: Mapping[str, Any]) -> MistakeRow:
    return MistakeRow(
        str(found["kind"]),
        found["entity"] or "",
        str(found["as_of"]),
        _written(found["label"]),
        _written(found["predicted"]),
    )


def _written(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _curves(curves: Mapping[str, Mapping[str, Sequence[float]]], chosen: str) -> tuple[Curve, ...]:
    """The chosen one last, so that it is drawn on top."""
    made = [
        Curve(name, tuple(zip(known["x"], known["y"], strict=True)), name == chosen)
        for name, known in curves.items()
    ]
    return tuple(sorted(made, key=lambda curve: curve.chosen))
