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
    """The drift of one column over time, in the order of days."""

    column: str
    points: tuple[DriftPoint, ...]

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
    """A metric of the predictions of one day, with its 95 % interval where it has one."""

    day: date
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class PerformanceSeries:
    """One metric over time, in the order of days."""

    metric: str
    points: tuple[PerformancePoint, ...]


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
        """The columns that have this level on the newest day."""
        day = self.newest_day
        return [
            series.column
            for series in self.drift
            if series.newest.day == day and series.newest.level == level
        ]
