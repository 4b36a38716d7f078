"""The quarantine on the page: each reason with its bar, the rows by day, and rules that some rows
failed although the table was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from markupsafe import Markup

from lakehouse.quality.results import RuleResult
from lakehouse.reporting.charts import over_time
from lakehouse.reporting.charts.figure import Figure, responsive
from lakehouse.reporting.charts.periods import Grain
from lakehouse.reporting.charts.timeline import Timeline
from lakehouse.reporting.charts.unit import Unit
from lakehouse.reporting.data import QuarantineReason, ReportData
from lakehouse.reporting.numbers import count, exact, share, short_day
from lakehouse.reporting.runs.states import TableState

DAYS = 30


@dataclass(frozen=True)
class ReasonRow:
    """A reason with the length of its bar, in percent of the longest one."""

    reason: QuarantineReason
    percent: float


@dataclass(frozen=True)
class FailedRule:
    """A rule that some rows of a table's newest refresh failed and that are written all the same.

    ``failed`` and ``must`` are words: ``37 of 4,410 (0.8 %)``, ``at least 95 %``.
    """

    table: str
    rule: str
    demand: str
    failed: str
    must: str
    severity: str


def reasons(data: ReportData) -> list[ReasonRow]:
    """All reasons, the most rows first."""
    most = max((reason.rows for reason in data.quarantine), default=1)
    ordered = sorted(data.quarantine, key=lambda r: (-r.rows, r.table, r.rule))
    return [ReasonRow(reason, 100 * reason.rows / most) for reason in ordered]


def total(data: ReportData) -> int:
    """The rows that are in quarantine now; a row counts once."""
    return sum(part.rows for part in data.quarantined)


def newest(data: ReportData) -> tuple[date, int] | None:
    """The newest day of which rows are in quarantine, and how many."""
    days = [part.day for part in data.quarantined if part.day]
    if not days:
        return None
    day = max(days)
    return day, sum(part.rows for part in data.quarantined if part.day == day)


def by_day(data: ReportData) -> Figure | None:
    """Rows in quarantine for each of the last 30 days; None before there are two days with some.

    The days are those on which the rows became known, as in the reasons.
    """
    rows: dict[date, int] = {}
    for part in data.quarantined:
        if part.day:
            rows[part.day] = rows.get(part.day, 0) + part.rows
    if len(rows) < 2:
        return None
    last = max([*rows, *([data.newest_day] if data.newest_day else [])])
    first = max(min(rows), last - timedelta(days=DAYS - 1))
    days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    points = [(datetime.combine(day, time()), float(rows.get(day, 0))) for day in days]
    shown = sum(rows.get(day, 0) for day in days)
    caption = f"The {count(len(days), 'day')} to {short_day(last)}: {count(shown, 'row')}."
    if shown < total(data):
        caption += f" {count(total(data) - shown, 'row')} from earlier days or without a day."
    timeline = Timeline(Grain.DAY, years=first.year != last.year)

    def drawn(width: float) -> Markup:
        return over_time.columns(
            points,
            timeline=timeline,
            unit=Unit("rows", adds_up=True),
            width=width,
            height=150,
            label=f"Rows in quarantine by day. {caption}",
        )

    title = "Rows in quarantine by the day they became known"
    return Figure(title, caption, responsive(drawn), wide=True)


def failed_rules(data: ReportData, states: Sequence[TableState]) -> list[FailedRule]:
    """Rules that some rows of each table's newest refresh with rows failed, and whose rows were
    written: within ``mostly``, or of severity warning and info. The most severe come first."""
    told = {(reason.table, reason.rule) for reason in data.quarantine}
    rows = [row for state in states for row in _of_table(data, state, told)]
    return sorted(rows, key=lambda row: (_SEVERITIES.index(row.severity), row.table, row.rule))


_SEVERITIES = ("critical", "warning", "info")


def _of_table(
    data: ReportData, state: TableState, told: set[tuple[str, str]]
) -> Iterator[FailedRule]:
    if state.read is None or state.state == "failed":
        return
    results: dict[str, list[RuleResult]] = {}
    for result in state.read.rules:
        results.setdefault(result.rule, []).append(result)
    for rule, days in results.items():
        counted = [day for day in days if day.passed is not None]
        rows = sum(day.rows for day in counted)
        failed = rows - sum(day.passed or 0 for day in counted)
        if not failed or (state.table, rule) in told:
            continue
        yield FailedRule(
            state.table,
            rule,
            data.demands.get((state.table, rule), ""),
            f"{exact(failed)} of {exact(rows)} ({share(failed, rows)})",
            "all" if days[0].mostly == 1 else f"at least {share(days[0].mostly, 1)}",
            days[0].severity,
        )
