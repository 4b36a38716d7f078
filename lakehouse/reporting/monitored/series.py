"""What monitoring found over time, as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class DriftPoint:
    """The PSI of one column on one day, and its level: ok, warning or alarm."""

    day: date
    psi: float
    level: str


@dataclass(frozen=True)
class DriftSeries:
    """The drift of one column over time, in the order of days; within a segment, or of all rows."""

    column: str
    points: tuple[DriftPoint, ...]
    segment: str | None = None

    @property
    def name(self) -> str:
        """The column, and the segment where there is one."""
        return self.column if self.segment is None else f"{self.column} ({self.segment})"

    @property
    def newest(self) -> DriftPoint:
        """The newest day."""
        return self.points[-1]

    @property
    def highest(self) -> float:
        """The largest PSI."""
        return max(point.psi for point in self.points)


@dataclass(frozen=True)
class PerformancePoint:
    """A metric of the predictions of one day, with its 95 % interval where it has one; ``level`` is
    ok or alarm where it is judged."""

    day: date
    value: float
    low: float | None = None
    high: float | None = None
    level: str | None = None


@dataclass(frozen=True)
class PerformanceSeries:
    """One metric over time, in the order of days, and its interval on the hold-out of the version's
    training where it has one."""

    metric: str
    points: tuple[PerformancePoint, ...]
    holdout: tuple[float, float] | None = None


@dataclass(frozen=True)
class Monitored:
    """One model version's drift and performance; ``warn`` and ``alarm`` are the thresholds."""

    version: int
    warn: float
    alarm: float
    drift: tuple[DriftSeries, ...] = ()
    performance: tuple[PerformanceSeries, ...] = ()

    @property
    def newest_day(self) -> date | None:
        """The newest day on which any column was compared."""
        return max((series.newest.day for series in self.drift), default=None)

    def at(self, level: str) -> list[str]:
        """The columns that have this level on the newest day. A segment is named where all rows of
        its column are ok: otherwise it says as much as they do."""
        day = self.newest_day
        newest = [series for series in self.drift if series.newest.day == day]
        everywhere = {
            series.column
            for series in newest
            if series.segment is None and series.newest.level != "ok"
        }
        return [
            series.name
            for series in newest
            if series.newest.level == level
            and (series.segment is None or series.column not in everywhere)
        ]

    def worse(self) -> list[PerformanceSeries]:
        """The metrics that were worse than on the hold-out on the newest day that has matured."""
        return [series for series in self.performance if series.points[-1].level == "alarm"]
