"""The drawing area of a chart with a value axis and a time axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from lakehouse.reporting.charts.periods import tick_label, tick_moments
from lakehouse.reporting.charts.svg import Scale, line, text, text_width
from lakehouse.reporting.charts.timeline import Points, Timeline
from lakehouse.reporting.charts.unit import Unit
from lakehouse.reporting.numbers import nice_ticks

NUMBER = Unit()


@dataclass(frozen=True)
class Frame:
    """The size of a chart, its margins and its value axis."""

    width: float
    height: float
    left: float
    top: float
    right: float
    bottom: float
    ticks: tuple[float, ...]
    unit: Unit = NUMBER

    @property
    def y(self) -> Scale:
        """From values to heights."""
        return Scale(self.ticks[0], self.ticks[-1], self.height - self.bottom, self.top)

    @property
    def base(self) -> float:
        """The height of zero, or of the lowest tick."""
        return self.y(max(0.0, self.ticks[0]) if self.ticks[-1] > 0 else self.ticks[-1])

    def axis(self) -> Markup:
        """Horizontal grid lines with their numbers."""
        parts = []
        for tick in self.ticks:
            at, zero = self.y(tick), tick == 0
            parts.append(
                line(self.left, at, self.width - self.right, at, "base" if zero else "grid")
            )
            parts.append(text(self.left - 6, at + 4, self.unit.short(tick), "tick", "end"))
        return Markup("").join(parts)

    def time_scale(self, points: Points) -> Scale:
        """From days, as ``day_number`` gives them, to the pixels between the margins."""
        first, last = day_number(points[0][0]), day_number(points[-1][0])
        return Scale(first, last, self.left + 4, self.width - self.right)

    def time_axis(self, moments: list[datetime], timeline: Timeline, x: Scale) -> Markup:
        """As many labels as fit without touching, the newest among them."""
        span, years = moments[-1] - moments[0], timeline.years
        labels = {m: tick_label(m, timeline.grain, span, years=years) for m in moments}
        need = max(text_width(words) for words in labels.values()) + 18
        most = max(2, int((self.width - self.left) / need))
        parts, free = [], self.left - 10
        for moment in tick_moments(moments, timeline.grain, most):
            words, at = labels[moment], x(day_number(moment))
            wide, anchor, start = text_width(words), "middle", at - text_width(words) / 2
            if start + wide > self.width:
                anchor, start = "end", at - wide
            elif start < self.left - 10:
                anchor, start = "start", at
            if start < free:
                continue
            free = start + wide + 8
            parts.append(text(at, self.height - 8, words, "tick", anchor))
            parts.append(line(at, self.height - 24, at, self.height - 20, "base"))
        return Markup("").join(parts)


def frame(
    width: float, height: float, values: Sequence[float], *, unit: Unit = NUMBER, about: int = 4
) -> Frame:
    """A frame whose axis holds all ``values`` and zero."""
    ticks = nice_ticks(min([*values, 0.0]), max([*values, 0.0]), about)
    left = max(text_width(unit.short(tick)) for tick in ticks) + 10
    return Frame(width, height, left, 10, 10, 24, tuple(ticks), unit)


def day_number(moment: datetime) -> float:
    """Days since the year 1, with the time of day as a fraction."""
    return moment.toordinal() + (moment.hour * 3600 + moment.minute * 60 + moment.second) / 86400
