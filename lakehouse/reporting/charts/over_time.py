"""One measure over time: a line, or columns where there are few periods."""

from __future__ import annotations

from markupsafe import Markup

from lakehouse.reporting.charts.frame import Frame, day_number, frame
from lakehouse.reporting.charts.periods import tick_label
from lakehouse.reporting.charts.svg import path, picture, rect, tag, text, text_width
from lakehouse.reporting.charts.timeline import Points, Timeline
from lakehouse.reporting.charts.unit import Unit

FEW = 16


def lines(
    points: Points, *, timeline: Timeline, unit: Unit, width: float, height: float, label: str
) -> Markup:
    """A line above zero; dashed to periods that are not over. Shares and means have no area under
    the line: only what adds up is a length."""
    box = frame(width, height, [value for _, value in points], unit=unit)
    x = box.time_scale(points)
    placed = [(x(day_number(moment)), box.y(value)) for moment, value in points]
    done = len(timeline.finished_points(points))
    parts = [box.axis(), box.time_axis([moment for moment, _ in points], timeline, x)]
    if done > 1 and unit.adds_up:
        parts.append(path(placed[:done], "area", box.base))
    if done > 1:
        parts.append(path(placed[:done], "line"))
    if 0 < done < len(placed):
        parts.append(path(placed[done - 1 :], "line open"))
    if len(points) <= FEW:
        parts += [tag("circle", cx=at, cy=up, r=2.5, class_="dot") for at, up in placed[:-1]]
    parts += _pointers(points, placed, timeline, unit, box)
    return picture(width, height, label, *parts)


def _pointers(
    points: Points,
    placed: list[tuple[float, float]],
    timeline: Timeline,
    unit: Unit,
    box: Frame,
) -> list[Markup]:
    """A strip for each point that shows its value, and a dot on the newest."""
    half = (box.width - box.left - box.right) / max(1, len(points) - 1) / 2
    parts = []
    for (moment, value), (x, _) in zip(points, placed, strict=True):
        words = f"{timeline.label(moment)}: {unit.words(value)}"
        parts.append(
            rect(x - half, box.top, 2 * half, box.height - box.top - box.bottom, "hit", words)
        )
    x, y = placed[-1]
    return [*parts, tag("circle", cx=x, cy=y, r=3, class_="dot")]


def columns(
    points: Points, *, timeline: Timeline, unit: Unit, width: float, height: float, label: str
) -> Markup:
    """A column for each period; lighter where it is not over."""
    box = frame(width, height, [value for _, value in points], unit=unit)
    step = (width - box.left - box.right) / max(1, len(points))
    bar = min(step * 0.72, 64)
    span = points[-1][0] - points[0][0]
    labels = [tick_label(m, timeline.grain, span, years=timeline.years) for m, _ in points]
    every = max(1, round((max(map(text_width, labels)) + 10) / step + 0.49))
    parts = [box.axis()]
    for index, (moment, value) in enumerate(points):
        at = box.left + step * (index + 0.5)
        is_open = not timeline.is_over(moment)
        words = f"{timeline.label(moment)}: {unit.words(value)}{' so far' if is_open else ''}"
        top, bottom = sorted((box.y(value), box.base))
        class_ = "bar open" if is_open else "bar"
        parts.append(rect(at - bar / 2, top, bar, bottom - top, class_, words, 2))
        if (len(points) - 1 - index) % every == 0:
            parts.append(text(at, height - 8, labels[index], "tick", "middle"))
    return picture(width, height, label, *parts)
