"""Charts of groups: bars, small multiples, and the strip of days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from lakehouse.reporting.charts.frame import NUMBER, day_number
from lakehouse.reporting.charts.svg import (
    Scale,
    line,
    path,
    picture,
    rect,
    shorten,
    tag,
    text,
    text_width,
)
from lakehouse.reporting.charts.timeline import Points
from lakehouse.reporting.charts.unit import Unit

ROW = 26


@dataclass(frozen=True)
class Bar:
    """A group's value; ``before`` is the value to compare with, as a thin mark."""

    label: str
    value: float
    before: float | None = None
    rest: bool = False


def bars(groups: Sequence[Bar], *, unit: Unit = NUMBER, width: float, label: str) -> Markup:
    """Horizontal bars in the given order, each with its name and number."""
    names = [shorten(group.label, 22) for group in groups]
    left = min(max(text_width(name) for name in names) + 8, width * 0.42)
    most = max([group.value for group in groups] + [g.before or 0.0 for g in groups])
    x = Scale(0, most or 1.0, left, width - 58)
    parts = []
    for index, (group, name) in enumerate(zip(groups, names, strict=True)):
        top = index * ROW + 4
        parts += [
            text(left - 8, top + 14, name, "name", "end"),
            rect(
                left,
                top + 2,
                x(max(group.value, 0)) - left,
                ROW - 10,
                "bar rest" if group.rest else "bar",
                f"{group.label}: {unit.words(group.value)}",
                2,
            ),
            text(
                x(max(group.value, group.before or 0, 0)) + 6,
                top + 14,
                unit.short(group.value),
                "number",
            ),
        ]
        if group.before is not None:
            at = x(group.before)
            parts.append(line(at, top - 1, at, top + ROW - 5, "mark"))
    return picture(width, len(groups) * ROW + 6, label, *parts)


def spark(
    points: Points,
    *,
    scale: tuple[float, float],
    first: float,
    last: float,
    label: str,
    others: Sequence[Points] = (),
    area: bool = True,
    n_done: int | None = None,
    width: float = 240,
    height: float = 72,
) -> Markup:
    """One group's line on the axes that all groups share, the other groups pale behind it.

    ``scale`` is the lowest (at most 0) and the highest value of all groups. The points behind the
    first ``n_done`` are of periods that are not over.
    """
    x, y = Scale(first, last, 4, width - 6), Scale(scale[0], scale[1] or 1.0, height - 4, 8)
    parts = [line(0, y(0), width, y(0), "base")]
    for other in others:
        parts.append(path([(x(day_number(m)), y(v)) for m, v in other], "context"))
    placed = [(x(day_number(moment)), y(value)) for moment, value in points]
    if len(placed) > 1:
        done = placed[:n_done]
        parts += [path(done, "area", y(0))] * (area and len(done) > 1)
        parts += [path(done, "line")] * (len(done) > 1)
        parts += [path(placed[max(0, len(done) - 1) :], "line open")] * (done != placed)
    if placed:
        parts.append(tag("circle", cx=placed[-1][0], cy=placed[-1][1], r=3, class_="dot"))
    return picture(width, height, label, *parts)


def strip(cells: Sequence[tuple[date, str, str]], *, label: str) -> Markup:
    """A day a cell: ``passed`` full, ``skipped`` short, ``failed`` tall and crossed, else empty."""
    heights = {"passed": (4, 12), "skipped": (8, 4), "failed": (1, 18)}
    parts = []
    for index, (_, status, words) in enumerate(cells):
        if status not in heights:
            dot = tag("title", words)
            parts.append(tag("circle", dot, cx=index * 9 + 4, cy=10, r=1.2, class_="cell none"))
            continue
        top, height = heights[status]
        parts.append(rect(index * 9 + 0.5, top, 7, height, f"cell {status}", words, 1.5))
    return picture(len(cells) * 9, 20, label, *parts)
