"""Charts of a model: intervals, scores against what came true, and how scores are spread."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from lakehouse.reporting.charts.bars import ROW
from lakehouse.reporting.charts.frame import frame
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
from lakehouse.reporting.data import Calibration, Interval
from lakehouse.reporting.numbers import compact, nice_ticks, share


def intervals(
    rows: Sequence[Interval],
    *,
    width: float,
    label: str,
    zero: bool = False,
    mark: float | None = None,
) -> Markup:
    """Figures as points with their intervals; ``zero`` draws the line of no difference, ``mark`` a
    dashed line to compare with."""
    ends = [end for row in rows for end in (row.low, row.high, row.value) if end is not None]
    ticks = nice_ticks(
        min([*ends, 0.0] if zero else ends),
        max([*ends, 0.0] if zero else ends),
        4 if width < 500 else 6,
    )
    left = min(max(text_width(row.label) for row in rows) + 12, width * 0.4)
    x = Scale(ticks[0], ticks[-1], left + 8, width - 64)
    bottom = len(rows) * ROW + 8
    parts = []
    for tick in ticks:
        parts.append(line(x(tick), 2, x(tick), bottom, "base" if zero and tick == 0 else "grid"))
        parts.append(text(x(tick), bottom + 16, f"{tick:.4g}", "tick", "middle"))
    if mark is not None:
        parts.append(line(x(mark), 2, x(mark), bottom, "ideal"))
    for index, row in enumerate(rows):
        parts.append(_interval(row, index * ROW + ROW / 2 + 2, x, left, width))
    return picture(width, bottom + 22, label, *parts)


def _interval(row: Interval, y: float, x: Scale, left: float, width: float) -> Markup:
    chosen = " chosen" if row.chosen else ""
    most = int((left - 8) / (12 * 0.56))
    parts = [text(left - 8, y + 4, shorten(row.label, most), "name" + chosen, "end")]
    if row.low is not None and row.high is not None:
        parts.append(line(x(row.low), y, x(row.high), y, "span" + chosen))
    words = tag("title", interval_words(row))
    parts.append(tag("circle", words, cx=x(row.value), cy=y, r=5, class_="point" + chosen))
    parts.append(text(width - 4, y + 4, f"{row.value:.3f}", "number" + chosen, "end"))
    return Markup("").join(parts)


def interval_words(row: Interval) -> str:
    """``boosted trees: 0.812 (0.791 to 0.834)``."""
    name = f"{row.label}: " if row.label else ""
    if row.low is None or row.high is None:
        return f"{name}{row.value:.3f}"
    return f"{name}{row.value:.3f} ({row.low:.3f} to {row.high:.3f})"


def calibration(
    groups: Sequence[Calibration],
    *,
    width: float,
    height: float,
    label: str,
    number: Callable[[float], str] | None = None,
    axis: str = "mean score",
) -> Markup:
    """Mean score against the rate of the label; on the diagonal, a score is what it says.

    ``number`` writes predictions that are no shares.
    """
    ends = [end for group in groups for end in (group.score, group.rate)]
    low = min([0.0, *ends]) if number else 0
    ticks = nice_ticks(low, max(ends if number else [0.1, *ends]), 4)
    write = number or (lambda value: share(value, 1))
    left, bottom = 46.0, height - 40
    x = Scale(ticks[0], ticks[-1], left, width - 16)
    y = Scale(ticks[0], ticks[-1], bottom, 12)
    parts = []
    for tick in ticks:
        parts.append(line(left, y(tick), width - 16, y(tick), "grid" if tick else "base"))
        parts.append(text(left - 6, y(tick) + 4, write(tick), "tick", "end"))
        parts.append(text(x(tick), bottom + 16, write(tick), "tick", "middle"))
    parts.append(line(x(ticks[0]), y(ticks[0]), x(ticks[-1]), y(ticks[-1]), "ideal"))
    placed = [(x(group.score), y(group.rate)) for group in groups]
    if len(placed) > 1:
        parts.append(path(placed, "line"))
    for group, (at, up) in zip(groups, placed, strict=True):
        words = f"scored {write(group.score)}, came true {write(group.rate)}"
        parts.append(tag("circle", tag("title", words), cx=at, cy=up, r=4, class_="point chosen"))
    parts.append(text((left + width) / 2, height - 4, axis, "tick", "middle"))
    return picture(width, height, label, *parts)


def histogram(
    counts: Sequence[int],
    *,
    low: float,
    high: float,
    noun: str,
    width: float,
    height: float,
    label: str,
    tick: Callable[[float], str] = compact,
) -> Markup:
    """Counts in equal bins from ``low`` to ``high``, with the bins' borders on the axis."""
    box = frame(width, height, [float(value) for value in counts], about=3)
    x = Scale(low, high, box.left, width - box.right - 6)
    step, total = (high - low) / max(1, len(counts)), sum(counts)
    parts = [box.axis()]
    for index, value in enumerate(counts):
        start, end = low + index * step, low + (index + 1) * step
        words = f"{tick(start)} to {tick(end)}: {value:,} {noun} ({share(value, total)})"
        parts.append(
            rect(
                x(start) + 0.75,
                box.y(value),
                x(end) - x(start) - 1.5,
                box.base - box.y(value),
                "bar",
                words,
                1,
            )
        )
    for at in nice_ticks(low, high, 5):
        if low <= at <= high + 1e-9:
            parts.append(text(x(at), height - 8, tick(at), "tick", "middle"))
    return picture(width, height, label, *parts)
