"""Charts of monitoring: PSI over time, a row for each column, and a metric with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from markupsafe import Markup

from lakehouse.reporting.charts.frame import NUMBER, Frame, day_number
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
from lakehouse.reporting.charts.timeline import Timeline
from lakehouse.reporting.monitored.series import DriftSeries, PerformancePoint, PerformanceSeries
from lakehouse.reporting.numbers import nice_ticks, short_day

ROW = 38
_FOOT = 26


def drift_rows(
    rows: Sequence[DriftSeries], *, warn: float, alarm: float, width: float, label: str
) -> Markup:
    """A line for each column over the same days. All have one scale, from 0 to twice the alarm; a
    larger PSI stays at the top. Dashed: the thresholds. Dots: warnings and alarms."""
    days = sorted({point.day for series in rows for point in series.points})
    left = min(max(text_width(series.name) for series in rows) + 12, width * 0.36)
    x = Scale(_number(days[0]), _number(days[-1]), left + 8, width - 56)
    height = len(rows) * ROW + 4
    parts = [_row(series, i, x, left, width, warn, alarm) for i, series in enumerate(rows)]
    for day, anchor in ((days[0], "start"), (days[-1], "end")):
        at = x(_number(day)) if len(days) > 1 else x.start
        words = short_day(day, days[-1])
        if len(days) > 1 or anchor == "start":
            parts.append(text(at, height + 16, words, "tick", anchor))
    return picture(width, height + _FOOT, label, *parts)


def _row(
    series: DriftSeries,
    index: int,
    x: Scale,
    left: float,
    width: float,
    warn: float,
    alarm: float,
) -> Markup:
    base = (index + 1) * ROW - 2.0
    y = Scale(0, 2 * alarm, base, base - ROW + 8)
    most = int((left - 8) / (12 * 0.56))
    middle = base - ROW / 2 + 8
    parts = [text(left - 8, middle, shorten(series.name, most), "name", "end")]
    parts.append(line(x.start, base, x.end, base, "base"))
    parts += [line(x.start, y(limit), x.end, y(limit), "limit") for limit in (warn, alarm)]
    placed = [(x(_number(p.day)), y(min(p.psi, 2 * alarm))) for p in series.points]
    if len(placed) > 1:
        parts.append(path(placed, "line"))
    for point, (at, up) in zip(series.points, placed, strict=True):
        words = tag("title", f"{series.name}, {short_day(point.day)}: PSI {point.psi:.2f}")
        loud = point.level != "ok" or len(placed) == 1
        radius, class_ = (3.0, f"dot {point.level}") if loud else (6.0, "hit")
        parts.append(tag("circle", words, cx=at, cy=up, r=radius, class_=class_))
    number = f"{series.newest.psi:.2f}"
    parts.append(text(width - 4, middle, number, f"number {series.newest.level}", "end"))
    return Markup("").join(parts)


def with_interval(series: PerformanceSeries, *, width: float, height: float, label: str) -> Markup:
    """A metric as a line, its interval as a band around it, and the ends of the hold-out's interval
    as dashed lines. The axis need not begin at 0."""
    points, expected = series.points, series.holdout or ()
    ends = [
        end for point in points for end in (point.low, point.high, point.value) if end is not None
    ]
    ends += expected
    ticks = tuple(nice_ticks(min(ends), max(ends)))
    left = max(text_width(NUMBER.short(tick)) for tick in ticks) + 10
    box = Frame(width, height, left, 10, 10, 24, ticks)
    moments = [_moment(point.day) for point in points]
    timeline = Timeline.of("day", moments)
    x = box.time_scale([(moment, 0.0) for moment in moments])
    at = [x(day_number(moment)) for moment in moments]
    parts = [box.axis(), box.time_axis(moments, timeline, x)]
    parts += _band(points, at, box)
    parts += [line(left, box.y(end), width, box.y(end), "limit") for end in expected]
    if len(points) > 1:
        values = [(left, box.y(point.value)) for left, point in zip(at, points, strict=True)]
        parts.append(path(values, "line"))
    for left, point in zip(at, points, strict=True):
        words = tag("title", interval_words(point))
        class_ = "dot alarm" if point.level == "alarm" else "dot"
        parts.append(tag("circle", words, cx=left, cy=box.y(point.value), r=3, class_=class_))
    return picture(width, height, label, *parts)


def _band(points: Sequence[PerformancePoint], at: Sequence[float], box: Frame) -> list[Markup]:
    known = [
        (left, box.y(point.low), box.y(point.high))
        for left, point in zip(at, points, strict=True)
        if point.low is not None and point.high is not None
    ]
    if len(known) == 1:
        left, low, high = known[0]
        return [rect(left - 3, high, 6, low - high, "band")]
    if not known:
        return []
    above = [(left, high) for left, _, high in known]
    below = [(left, low) for left, low, _ in known]
    return [path([*above, *below[::-1]], "band")]


def interval_words(point: PerformancePoint) -> str:
    """``5 Mar: 0.812 (0.791 to 0.834)``."""
    words = f"{short_day(point.day)}: {point.value:.3f}"
    if point.low is None or point.high is None:
        return words
    return f"{words} ({point.low:.3f} to {point.high:.3f})"


def _moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001


def _number(day: date) -> float:
    return float(day.toordinal())
