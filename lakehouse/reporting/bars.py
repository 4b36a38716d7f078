"""Charts of groups: bars, small multiples, and the strip of days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from lakehouse.reporting.charts import Points
from lakehouse.reporting.numbers import compact
from lakehouse.reporting.svg import (
    Scale,
    line,
    path,
    picture,
    rect,
    shortened,
    tag,
    text,
    text_width,
)

ROW = 26


@dataclass(frozen=True)
class Bar:
    """A group's value; ``before`` is the value to compare with, as a thin mark."""

    label: str
    value: float
    before: float | None = None
    rest: bool = False


def bars(groups: Sequence[Bar], *, unit: str, width: float, label: str) -> Markup:
    """Horizontal bars in the given order, each with its name and number."""
    names = [shortened(group.label, 22) for group in groups]
    left = min(max(text_width(name) for name in names) + 8, width * 0.42)
    most = max([group.value for group in groups] + [g.before or 0.0 for g in groups])
    x = Scale(0, most or 1.0, left, width - 58)
    parts = []
    for index, (group, name) in enumerate(zip(groups, names, strict=True)):
        top = index * ROW + 4
        said = f"{group.label}: {group.value:,.6g} {unit}"
        parts += [
            text(left - 8, top + 14, name, "name", "end"),
            rect(
                left,
                top + 2,
                x(max(group.value, 0)) - left,
                ROW - 10,
                "bar rest" if group.rest else "bar",
                said,
                2,
            ),
            text(
                x(max(group.value, group.before or 0, 0)) + 6,
                top + 14,
                compact(group.value),
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
    most: float,
    first: int,
    last: int,
    label: str,
    others: Sequence[Points] = (),
    width: float = 240,
    height: float = 72,
) -> Markup:
    """One group's line on the axes that all groups share, the other groups pale behind it."""
    x, y = Scale(first, last, 4, width - 6), Scale(0, most or 1.0, height - 4, 8)
    parts = [line(0, height - 4, width, height - 4, "base")]
    for other in others:
        parts.append(path([(x(d.toordinal()), y(v)) for d, v in other], "context"))
    placed = [(x(day.toordinal()), y(value)) for day, value in points]
    if len(placed) > 1:
        parts += [path(placed, "area", y(0)), path(placed, "line")]
    if placed:
        parts.append(tag("circle", cx=placed[-1][0], cy=placed[-1][1], r=3, class_="dot"))
    return picture(width, height, label, *parts)


def strip(cells: Sequence[tuple[date, str, str]], *, label: str) -> Markup:
    """A day a cell: ``passed`` full, ``skipped`` short, ``failed`` tall and crossed, else empty."""
    heights = {"passed": (4, 12), "skipped": (8, 4), "failed": (1, 18)}
    parts = []
    for index, (_, status, said) in enumerate(cells):
        if status not in heights:
            dot = tag("title", said)
            parts.append(tag("circle", dot, cx=index * 9 + 4, cy=10, r=1.2, class_="cell none"))
            continue
        top, height = heights[status]
        parts.append(rect(index * 9 + 0.5, top, 7, height, f"cell {status}", said, 1.5))
    return picture(len(cells) * 9, 20, label, *parts)
