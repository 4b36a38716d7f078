"""The quarantine on the page: each reason with its bar, and the rows a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from lakehouse.reporting import charts
from lakehouse.reporting.data import QuarantineReason, ReportData
from lakehouse.reporting.figures import Figure, responsive
from lakehouse.reporting.numbers import exact, share, short_day
from lakehouse.reporting.periods import Grain


@dataclass(frozen=True)
class ReasonRow:
    """A reason with the length of its bar, in percent of the longest one."""

    reason: QuarantineReason
    percent: float


def reasons(data: ReportData) -> list[ReasonRow]:
    """All reasons, the most rows first."""
    most = max((reason.rows for reason in data.quarantine), default=1)
    ordered = sorted(data.quarantine, key=lambda r: (-r.rows, r.table, r.rule))
    return [ReasonRow(reason, 100 * reason.rows / most) for reason in ordered]


def by_day(data: ReportData) -> Figure | None:
    """Quarantined rows for each day of refresh; None before there are two days."""
    days: dict[date, int] = {}
    offered: dict[date, int] = {}
    for run in data.runs:
        days[run.date] = days.get(run.date, 0) + run.rows_quarantined
        offered[run.date] = offered.get(run.date, 0) + run.rows_read
    points = [(day, float(days[day])) for day in sorted(days)]
    if len(points) < 2 or not any(value for _, value in points):
        return None
    last = points[-1][0]
    caption = (
        f"On {short_day(last)}: {exact(days[last])} rows, "
        f"{share(days[last], offered[last])} of those read."
    )

    def drawn(width: float) -> Markup:
        return charts.columns(
            points[-30:],
            grain=Grain.DAY,
            unit="rows",
            width=width,
            height=150,
            label=f"Quarantined rows a day. {caption}",
        )

    return Figure("Quarantined rows by day of the run", caption, responsive(drawn), wide=True)
