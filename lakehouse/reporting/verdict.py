"""The ten seconds: is something wrong, and what needs a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lakehouse.reporting.data import ModelCard, ReportData, RuleResult
from lakehouse.reporting.numbers import count, exact, long_day, share, short_day
from lakehouse.reporting.states import TableState

REFUSED = "was built with another definition"
"""How the record of a refused table begins."""
WATCHED_SHARE = 0.05
"""Of the rows of a source, the share of rescued ones that somebody should look at."""


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
    every = [*_of_tables(data, states), *_of_model(data)]
    found = sorted(every, key=lambda finding: finding.level != "bad")
    bad = sum(finding.level == "bad" for finding in found)
    tables = [state for state in states if state.state != "never"]
    fresh = sum(state.state == "fresh" for state in tables)
    sentence = f"{fresh} of {count(len(states), 'table')} are fresh as of {long_day(day)}."
    if bad:
        return Verdict(
            "bad",
            f"{count(bad, 'thing')} {'needs' if bad == 1 else 'need'} you",
            sentence,
            tuple(found),
        )
    if found:
        number = count(len(found), "thing")
        return Verdict("watch", f"All ran; {number} to look at", sentence, tuple(found))
    return Verdict("good", "All is well", sentence, ())


def _of_tables(data: ReportData, states: list[TableState]) -> Iterator[Finding]:
    for state in states:
        run = state.newest
        if state.state == "failed" and run:
            words = why(state)
            todo = _command(data, f"{state.step} --date {run.date} --tables {state.table}")
            yield Finding("bad", state.table, f"stopped on {short_day(run.date)}: {words}", todo)
            continue
        if state.state == "stale":
            words = f"is {count(state.behind, 'day')} behind the newest run"
            yield Finding("bad", state.table, words, _again(data, state))
        if run and run.status == "skipped" and REFUSED in run.message:
            yield Finding("bad", state.table, f"is not refreshed: {run.message}")
        if run and run.rows_rescued > WATCHED_SHARE * run.rows_read:
            rescued = f"{exact(run.rows_rescued)} of {exact(run.rows_read)} rows"
            words = f"{rescued} hold values that did not fit: {run.message}"
            yield Finding("watch", state.table, words)
        for rule in state.broken:
            yield Finding("watch", state.table, rule_words(rule), anchor="quarantine")
        if state.state == "never" and (data.model or state.step != "score"):
            yield Finding("watch", state.table, "is declared and was never refreshed")


def why(state: TableState) -> str:
    """Why the newest refresh failed: the rules that stopped it, else its message."""
    broken = [rule for rule in state.broken if rule.severity == "critical"]
    message = state.newest.message if state.newest else ""
    return "; ".join(rule_words(rule) for rule in broken) or message or "no reason was recorded"


def _again(data: ReportData, state: TableState) -> str:
    return _command(data, f"{state.step} --tables {state.table} --date …")


def _command(data: ReportData, words: str) -> str:
    """To be copied from the page: it names the pipeline and environment that the page is of."""
    place = "" if data.pipeline == "retail" else f" --pipeline {data.pipeline}"
    place += "" if data.env in ("", "dev") else f" --env {data.env}"
    return f"lakehouse {words}{place}"


def rule_words(rule: RuleResult) -> str:
    """``amount_is_positive: 91.2 % of 4,410 rows pass, at least 98 % must``."""
    if not rule.rows or rule.passed is None:
        return f"{rule.rule} does not hold"
    must = "all" if rule.mostly == 1 else f"at least {share(rule.mostly, 1)}"
    passing = share(rule.passed, rule.rows)
    return f"{rule.rule}: {passing} of {exact(rule.rows)} rows pass, {must} must"


def _of_model(data: ReportData) -> Iterator[Finding]:
    if data.model is None:
        if data.expects_model:
            yield Finding(
                "watch",
                "model",
                "none is registered yet, so nobody is scored",
                _command(data, "train --date …"),
                "model",
            )
        return
    yield from _leads(data.model)


def _leads(model: ModelCard) -> Iterator[Finding]:
    """A lead over the dummy whose interval reaches zero is no lead."""
    for metric in model.metrics[:1]:
        for lead in metric.leads:
            if "dummy" in lead.label and lead.low is not None and lead.low <= 0:
                words = f"is not surely better than the dummy by {metric.name}"
                yield Finding("bad", model.name, words, anchor="model")
