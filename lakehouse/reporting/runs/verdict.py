"""The ten seconds: is something wrong, and what needs a person.

``bad`` (red) is what a person has to do something about; ``watch`` is worth a look.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lakehouse.quality.results import RuleResult
from lakehouse.reporting.data import ModelCard, ReportData
from lakehouse.reporting.numbers import count, exact, long_day, share, short_day
from lakehouse.reporting.runs.states import TableState

WATCHED_SHARE = 0.05
"""Of the rows read, the share of rescued or quarantined ones that somebody should look at."""
BAD_SHARE = 0.5
"""The share from which a table was hardly understood."""
_LEVEL_WITHOUT_LEAD = {"dummy": "bad", "rule of thumb": "watch"}
"""A model without a lead over the dummy has learned nothing; one without a lead over the rule of
thumb may still rank as well as it."""


@dataclass(frozen=True)
class Finding:
    """What is wrong, where on the page it is shown, and what to do. ``level``: bad or watch."""

    level: str
    subject: str
    words: str
    todo: str = ""
    anchor: str = "runs"


@dataclass(frozen=True)
class Verdict:
    """``state`` is good, watch, bad or empty."""

    state: str
    headline: str
    sentence: str
    findings: tuple[Finding, ...]


def verdict(data: ReportData, states: list[TableState]) -> Verdict:
    """What a person should know first; nothing to see is said plainly."""
    day = data.newest_day
    if day is None:
        return Verdict("empty", "Nothing has run yet", "ops.runs has no row of this pipeline.", ())
    every = [*_of_tables(data, states), *_of_model(data), *_of_drift(data)]
    findings = tuple(sorted(every, key=lambda finding: finding.level != "bad"))
    bad = sum(finding.level == "bad" for finding in findings)
    fresh = sum(state.state == "fresh" for state in states)
    sentence = f"{fresh} of {count(len(states), 'table')} are fresh as of {long_day(day)}."
    if bad:
        needs = "thing needs" if bad == 1 else "things need"
        return Verdict("bad", f"{bad} {needs} you", sentence, findings)
    if findings:
        number = count(len(findings), "thing")
        return Verdict("watch", f"All ran; {number} to look at", sentence, findings)
    return Verdict("good", "All is well", sentence, ())


def _of_tables(data: ReportData, states: list[TableState]) -> Iterator[Finding]:
    for state in states:
        yield from _of_state(data, state)
        if state.state != "failed":
            yield from _of_shares(state)
            for rule in state.broken:
                yield Finding("watch", state.table, rule_words(rule), anchor="quarantine")


def _of_state(data: ReportData, state: TableState) -> Iterator[Finding]:
    run, table, day = state.newest, state.table, data.newest_day
    if state.state == "never":
        if data.model is not None or state.step != "score":
            yield Finding("watch", table, "is declared and was never refreshed")
    elif run is None:
        return
    elif state.state == "failed":
        words = f"stopped on {short_day(run.date, day)}: {why(state)}"
        yield Finding("bad", table, words, _command(data, state, f"--date {run.date}"))
    elif state.state == "refused":
        yield Finding("bad", table, f"is not refreshed: {run.message}")
    elif state.state == "stale":
        words = f"has inputs that are {count(state.behind, 'day')} newer than its last refresh"
        yield Finding("bad", table, words, _command(data, state, f"--date {day}"))
    elif state.state == "behind":
        words = f"was last asked for new files {count(state.behind, 'day')} before the newest run"
        yield Finding("watch", table, words, _command(data, state, f"--date {day}"))
    elif state.state == "empty" and state.step == "ingest":
        yield Finding("watch", table, "has never had a row: no file has been found")


def _command(data: ReportData, state: TableState, days: str) -> str:
    return f"lakehouse {state.step} {days} --tables {state.table}{_place(data)}"


def _place(data: ReportData) -> str:
    """The options that name a pipeline and an environment other than the defaults."""
    place = "" if data.pipeline == "retail" else f" --pipeline {data.pipeline}"
    return place + ("" if data.env in ("", "dev") else f" --env {data.env}")


def _of_shares(state: TableState) -> Iterator[Finding]:
    """Rows that did not fit or were set aside, where they are many; of the newest rows read."""
    run = state.read
    if run is None:
        return
    counts = {
        "hold values that did not fit": (run.rows_rescued, "runs"),
        "were quarantined": (run.rows_quarantined, "quarantine"),
    }
    for what, (rows, anchor) in counts.items():
        part = rows / run.rows_read
        if part > WATCHED_SHARE:
            level = "bad" if part > BAD_SHARE else "watch"
            number = f"{exact(rows)} of {exact(run.rows_read)} rows ({share(rows, run.rows_read)})"
            reason = f": {run.message}" if run.message else ""
            words = f"{number} of {short_day(run.date)} {what}{reason}"
            yield Finding(level, state.table, words, anchor=anchor)


def why(state: TableState) -> str:
    """Why the newest refresh failed: the rules that stopped it, else its message."""
    broken = [rule for rule in state.broken if rule.severity == "critical"]
    message = state.newest.message if state.newest else ""
    return "; ".join(rule_words(rule) for rule in broken) or message or "no reason was recorded"


def rule_words(rule: RuleResult) -> str:
    """``amount_is_positive: 91.2 % of 4,410 rows pass, at least 98 % must``."""
    if not rule.rows or rule.passed is None:
        return f"{rule.rule} does not hold"
    must = "all" if rule.mostly == 1 else f"at least {share(rule.mostly, 1)}"
    passing = share(rule.passed, rule.rows)
    return f"{rule.rule}: {passing} of {exact(rule.rows)} rows pass, {must} must"


def _of_model(data: ReportData) -> Iterator[Finding]:
    if data.model is not None:
        yield from _leads(data.model)
    elif data.expects_model:
        words = "none is registered yet, so nobody is scored"
        todo = f"lakehouse train --date {data.newest_day}{_place(data)}"
        yield Finding("watch", "model", words, todo, "model")


def _leads(model: ModelCard) -> Iterator[Finding]:
    """Report a lead over the dummy or the rule of thumb whose confidence interval includes zero."""
    for metric in model.metrics[:1]:
        for lead in metric.leads:
            base = lead.label.removeprefix("over ")
            if base in _LEVEL_WITHOUT_LEAD and lead.low is not None and lead.low <= 0:
                words = f"is not surely better than the {base} by {metric.name}"
                yield Finding(_LEVEL_WITHOUT_LEAD[base], model.name, words, anchor="model")


def _of_drift(data: ReportData) -> Iterator[Finding]:
    """Columns that alarm or warn on the newest day that was compared, and metrics that are worse
    than on the hold-out."""
    monitored = data.monitored
    if monitored is None:
        return
    for series in monitored.worse():
        words = (
            f"{series.metric} of {short_day(series.points[-1].day)} is worse than on the hold-out"
        )
        train = f"lakehouse train --date {data.newest_day}{_place(data)}"
        yield Finding("bad", "performance", words, train, "monitoring")
    for level, shown in (("alarm", "bad"), ("warning", "watch")):
        columns = monitored.at(level)
        if columns:
            names = ", ".join(columns[:3]) + (", …" if len(columns) > 3 else "")
            verb = "has" if len(columns) == 1 else "have"
            words = f"{names} {verb} moved since training ({level})"
            train = f"lakehouse train --date {monitored.newest_day}{_place(data)}"
            yield Finding(shown, "drift", words, train if level == "alarm" else "", "monitoring")
