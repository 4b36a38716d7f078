"""Gain and lift: a curve for each candidate over the share of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from lakehouse.reporting.charts.svg import NARROW, Scale, line, path, picture, text, text_width
from lakehouse.reporting.model.examined import Curve
from lakehouse.reporting.numbers import nice_ticks, share

HEIGHT = 250.0
WIDTH = float(NARROW)


def curve_chart(
    curves: Sequence[Curve],
    *,
    axis: str,
    number: Callable[[float], str],
    label: str,
    diagonal: bool = False,
    level: float | None = None,
) -> Markup:
    """The chosen candidate's curve in colour, others in grey; dashed: the diagonal or a level."""
    highest = max(y for curve in curves for _, y in curve.points)
    ticks = nice_ticks(0.0, highest, 4)
    left, bottom = max(text_width(number(tick)) for tick in ticks) + 10, HEIGHT - 40
    x = Scale(0.0, 1.0, left, WIDTH - 16)
    y = Scale(ticks[0], ticks[-1], bottom, 12)
    parts = []
    for tick in ticks:
        parts.append(line(left, y(tick), WIDTH - 16, y(tick), "grid" if tick else "base"))
        parts.append(text(left - 6, y(tick) + 4, number(tick), "tick", "end"))
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        words = share(tick, 1) if tick else "0 %"
        parts.append(text(x(tick), bottom + 16, words, "tick", "middle"))
    if diagonal:
        parts.append(line(x(0), y(0), x(1), y(1), "ideal"))
    if level is not None:
        parts.append(line(x(0), y(level), x(1), y(level), "ideal"))
    for curve in curves:
        placed = [(x(at), y(value)) for at, value in curve.points]
        parts.append(path(placed, "line" if curve.chosen else "context"))
    parts.append(text((left + WIDTH) / 2, HEIGHT - 4, axis, "tick", "middle"))
    return picture(WIDTH, HEIGHT, label, *parts)
