"""Charts over time with a value axis: lines and columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from lakehouse.reporting import periods
from lakehouse.reporting.numbers import compact, nice_ticks
from lakehouse.reporting.periods import Grain
from lakehouse.reporting.svg import Scale, line, path, picture, rect, tag, text, text_width

Points = Sequence[tuple[date, float]]


@dataclass(frozen=True)
class Frame:
    """The drawing area of a chart: its size, its margins and its value axis."""

    width: float
    height: float
    left: float
    top: float
    right: float
    bottom: float
    ticks: tuple[float, ...]

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
            parts.append(text(self.left - 6, at + 4, compact(tick), "tick", "end"))
        return Markup("").join(parts)


def frame(
    width: float,
    height: float,
    values: Sequence[float],
    *,
    about: int = 4,
    low: float | None = 0.0,
    right: float = 10,
) -> Frame:
    """A frame whose axis holds all ``values``, and ``low`` (zero unless told otherwise)."""
    lowest = min([*values, low] if low is not None else values, default=0.0)
    highest = max([*values, low] if low is not None else values, default=1.0)
    ticks = nice_ticks(lowest, highest, about)
    left = max(text_width(compact(tick)) for tick in ticks) + 10
    return Frame(width, height, left, 10, right, 24, tuple(ticks))


def lines(
    points: Points,
    *,
    grain: Grain,
    unit: str,
    width: float,
    height: float,
    label: str,
    open_from: date | None = None,
) -> Markup:
    """One measure over time as a line above zero; from ``open_from`` on dashed: not complete."""
    box = frame(width, height, [value for _, value in points])
    x = _time_scale(points, box)
    placed = [(x(day.toordinal()), box.y(value)) for day, value in points]
    done = [
        spot
        for spot, (day, _) in zip(placed, points, strict=True)
        if open_from is None or day < open_from
    ]
    still = placed[max(0, len(done) - 1) :] if len(done) < len(placed) else []
    parts = [box.axis(), _time_axis([day for day, _ in points], grain, box, x)]
    if len(done) > 1:
        parts += [path(done, "area", box.base), path(done, "line")]
    if len(still) > 1:
        parts.append(path(still, "line open"))
    parts += _dots(points, placed, grain, unit, box)
    return picture(width, height, label, *parts)


def _dots(
    points: Points, placed: list[tuple[float, float]], grain: Grain, unit: str, box: Frame
) -> list[Markup]:
    half = (box.width - box.left - box.right) / max(1, len(points) - 1) / 2
    parts = []
    for (day, value), (x, _) in zip(points, placed, strict=True):
        said = f"{periods.label(day, grain)}: {_said(value)} {unit}"
        parts.append(
            rect(x - half, box.top, 2 * half, box.height - box.top - box.bottom, "hit", said)
        )
    x, y = placed[-1]
    return [*parts, tag("circle", cx=x, cy=y, r=3, class_="dot")]


def columns(
    points: Points,
    *,
    grain: Grain,
    unit: str,
    width: float,
    height: float,
    label: str,
    open_from: date | None = None,
) -> Markup:
    """One measure over few periods as columns; from ``open_from`` on lighter: not complete."""
    box = frame(width, height, [value for _, value in points])
    step = (width - box.left - box.right) / max(1, len(points))
    bar = min(step * 0.72, 64)
    every = _every(step, grain)
    parts = [box.axis()]
    for index, (day, value) in enumerate(points):
        at = box.left + step * (index + 0.5)
        open_ = open_from is not None and day >= open_from
        said = f"{periods.label(day, grain)}: {_said(value)} {unit}{' so far' if open_ else ''}"
        top, bottom = sorted((box.y(value), box.base))
        parts.append(
            rect(at - bar / 2, top, bar, bottom - top, "bar open" if open_ else "bar", said, 2)
        )
        if (len(points) - 1 - index) % every == 0:
            words = periods.tick_label(day, grain, _long(points))
            parts.append(text(at, height - 8, words, "tick", "middle"))
    return picture(width, height, label, *parts)


def _every(step: float, grain: Grain) -> int:
    need = text_width("Q4 2026" if grain is not Grain.DAY else "30 Nov") + 10
    return max(1, round(need / step + 0.49))


def _time_scale(points: Points, box: Frame) -> Scale:
    first, last = points[0][0].toordinal(), points[-1][0].toordinal()
    return Scale(first, last, box.left + 4, box.width - box.right)


def _time_axis(days: list[date], grain: Grain, box: Frame, x: Scale) -> Markup:
    long_ = (days[-1] - days[0]).days > 300
    need = text_width("Nov 2026" if long_ else "30 Nov") + 18
    most = max(2, int((box.width - box.left) / need))
    parts, free = [], box.left - 10
    for day in periods.tick_days(days, grain, most):
        words, at = periods.tick_label(day, grain, long_), x(day.toordinal())
        anchor, half = (
            ("end", text_width(words)) if at > box.width - 30 else ("middle", text_width(words) / 2)
        )
        if at - half < free:
            continue
        free = at + half + 8
        parts.append(text(at, box.height - 8, words, "tick", anchor))
        parts.append(line(at, box.height - 24, at, box.height - 20, "base"))
    return Markup("").join(parts)


def _long(points: Points) -> bool:
    return (points[-1][0] - points[0][0]).days > 300


def _said(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"
