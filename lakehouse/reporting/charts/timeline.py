"""The periods of one chart: how they are named, which are over, and which may be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lakehouse.reporting.charts.periods import LONGEST, Grain, grain_of, label

Points = Sequence[tuple[datetime, float]]
"""Values by period, in the order of time."""


@dataclass(frozen=True)
class Timeline:
    """``by_last`` says that weeks (and longer periods) are named by their last day; ``until`` is
    the last day of the data, None where it is not known; ``years`` that there is more than one.
    """

    grain: Grain
    by_last: bool = False
    until: date | None = None
    years: bool = False

    @classmethod
    def of(
        cls,
        name: str,
        moments: Sequence[datetime],
        *,
        until: date | None = None,
        week_starts: str = "monday",
    ) -> Timeline:
        """The timeline of a time column ``name`` with these values."""
        grain = grain_of(name, moments)
        by_last = _is_named_by_last(moments, grain, until, week_starts)
        years = len({moment.year for moment in moments}) > 1
        return cls(grain, by_last, until, years)

    def label(self, moment: datetime) -> str:
        """The period as a sentence says it."""
        return label(moment, self.grain, year=self.years, by_last=self.by_last)

    def last_day(self, moment: datetime) -> date:
        """The last day of the period that ``moment`` names.

        Example: the week of Monday 22 June ends on 28 June; named by its last day, the same week
        is ``28 June`` and ends then.
        """
        day = moment.date()
        if self.by_last or self.grain in (Grain.HOUR, Grain.DAY):
            return day
        if self.grain is Grain.WEEK:
            return day + timedelta(days=6)
        months = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}[self.grain]
        month = day.month - 1 + months
        return date(day.year + month // 12, month % 12 + 1, 1) - timedelta(days=1)

    def is_over(self, moment: datetime) -> bool:
        """Whether the data reach the period's last day."""
        return self.until is None or self.last_day(moment) <= self.until

    def finished_points(self, points: Points) -> Points:
        """The points of periods that are over."""
        return [point for point in points if self.is_over(point[0])]

    def before(self, points: Points) -> tuple[str, float] | None:
        """What to compare the last of ``points`` with: the name of an earlier period, its value.

        A day is compared with the same day of the week before, an hour with the same hour of the
        day before, other periods with the one before. None where there is no such point: the
        period behind a gap is not the one before.
        """
        if len(points) < 2:
            return None
        last, values = points[-1][0], dict(points)
        back = {Grain.DAY: timedelta(days=7), Grain.HOUR: timedelta(days=1)}.get(self.grain)
        if back is not None:
            value = values.get(last - back)
            name = "a week before" if self.grain is Grain.DAY else "the same hour a day before"
            return None if value is None else (name, value)
        moment, value = points[-2]
        is_next = last - moment <= LONGEST[self.grain]
        return (f"the {self.grain.value} before", value) if is_next else None


def _is_named_by_last(
    moments: Sequence[datetime], grain: Grain, until: date | None, week_starts: str
) -> bool:
    if grain in (Grain.HOUR, Grain.DAY) or not moments:
        return False
    if grain is not Grain.WEEK:
        return all((moment + timedelta(days=1)).day == 1 for moment in moments)
    first = 0 if week_starts == "monday" else 6
    weekdays = {moment.weekday() for moment in moments}
    if weekdays == {first}:
        return False
    if weekdays == {(first - 1) % 7}:
        return True
    return until is not None and max(moments).date() > until
