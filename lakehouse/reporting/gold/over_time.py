"""Figures of a chart with ``over``: one line, or one small line for each group."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from lakehouse.config.charts import Measure
from lakehouse.reporting.charts import bars, over_time
from lakehouse.reporting.charts.figure import Figure, group_name, humanize, points_of, responsive
from lakehouse.reporting.charts.frame import day_number
from lakehouse.reporting.charts.svg import NARROW, tag
from lakehouse.reporting.charts.timeline import Points, Timeline
from lakehouse.reporting.charts.unit import Unit, unit_of
from lakehouse.reporting.data import GoldTable, Series

FEWEST = 4
MOST_POINTS = 400
MOST_GROUPS = 8
MOST_BARS = 12


@dataclass(frozen=True)
class Line:
    """One measure of a chart: its points by group (one group, ``""``, where there is no ``by``)."""

    title: str
    parts: dict[str, Points]
    timeline: Timeline
    unit: Unit
    left_out: int = 0


def figures(table: GoldTable, series: Series) -> list[Figure]:
    """A figure for each measure that has a value; wide where there is one measure."""
    made = []
    for index, measure in enumerate(series.chart.measure):
        drawn = _line(table, series, f"_m{index}", measure)
        if drawn is None:
            continue
        if series.chart.by is None:
            made.append(_whole(drawn, wide=len(series.chart.measure) == 1))
        elif len({moment for points in drawn.parts.values() for moment, _ in points}) <= FEWEST:
            made.append(_compare_groups(drawn))
        else:
            made.append(_multiples(drawn))
    return made


def _line(table: GoldTable, series: Series, column: str, measure: Measure) -> Line | None:
    chart, frame = series.chart, series.points
    if chart.over is None or frame.empty:
        return None
    parts: dict[str, Points] = {}
    if chart.by is None:
        parts[""] = points_of(frame, chart.over, column)[-MOST_POINTS:]
    else:
        sizes = frame.groupby(chart.by, dropna=False, sort=True)["_size"].sum()
        most = MOST_BARS if frame[chart.over].nunique() <= FEWEST else MOST_GROUPS
        largest = sizes.sort_values(ascending=False, kind="stable").index[:most]
        names = [group_name(chart.by, value) for value in largest]
        by_name = {
            group_name(chart.by, value): points_of(rows, chart.over, column)
            for value, rows in frame.groupby(chart.by, dropna=False)
        }
        parts = {name: by_name[name] for name in names if by_name[name]}
    moments = sorted({moment for points in parts.values() for moment, _ in points})
    if not moments:
        return None
    timeline = Timeline.of(chart.over, moments, until=table.until, week_starts=table.week_starts)
    by = f"by {chart.by.replace('_', ' ')}" if chart.by else f"by {timeline.grain.value}"
    title = f"{humanize(measure.column)} {by}"
    unit = unit_of(measure, frame[column])
    return Line(title, parts, timeline, unit, series.groups - len(parts) if chart.by else 0)


def _whole(line: Line, *, wide: bool) -> Figure:
    points = line.parts[""]
    few = len(points) <= over_time.FEW and not line.unit.percent and line.unit.adds_up
    draw = over_time.columns if few or len(points) == 1 else over_time.lines
    caption = newest_words(points, line.timeline, line.unit)

    def drawn(width: float) -> Markup:
        return draw(
            points,
            timeline=line.timeline,
            unit=line.unit,
            width=width,
            height=220 if width > NARROW else 190,
            label=f"{line.title}. {caption}",
        )

    wide = wide and len(points) > FEWEST
    return Figure(line.title, caption, responsive(drawn) if wide else drawn(float(NARROW)), wide)


def newest_words(points: Points, timeline: Timeline, unit: Unit) -> str:
    """The newest finished period, compared with an earlier one, and the one that is not over.

    Example: ``Week of 15 Jun: 1,204, 4 % more than the week before. Week of 22 Jun is not over:
    310 so far.``
    """
    done, sentences = timeline.finished_points(points), []
    if done:
        moment, value = done[-1]
        words = f"{timeline.label(moment)}: {unit.exact(value)}"
        before = timeline.before(done)
        if before and (more := unit.change(value, before[1])):
            words += f", {more} {before[0]}"
        sentences.append(f"{words}.")
    if len(done) < len(points):
        moment, value = points[-1]
        sentences.append(f"{timeline.label(moment)} is not over: {unit.exact(value)} so far.")
    return " ".join(words[:1].upper() + words[1:] for words in sentences)


def _compare_groups(line: Line) -> Figure:
    """Bars of the newest period, with a mark for the one before where the newest is over."""
    moments = sorted({moment for points in line.parts.values() for moment, _ in points})
    now, is_over = moments[-1], line.timeline.is_over(moments[-1])
    before = moments[-2] if len(moments) > 1 and is_over else None
    rows = []
    for name, points in line.parts.items():
        values = dict(points)
        if now in values:
            rows.append(bars.Bar(name, values[now], values.get(before) if before else None))
    rows.sort(key=lambda row: (-row.value, row.label))
    label = line.timeline.label
    words = f"{label(now)}{'' if is_over else ' so far'}, largest first"
    words += f"; the thin mark is {label(before)}" if before else ""
    caption = f"{words[:1].upper()}{words[1:]}.{left_out_words(line.left_out)}"
    alternative = f"{line.title}. {caption}"
    body = bars.bars(rows, unit=line.unit, width=float(NARROW), label=alternative)
    return Figure(line.title, caption, body)


def _multiples(line: Line) -> Figure:
    moments = sorted({moment for points in line.parts.values() for moment, _ in points})
    values = [value for points in line.parts.values() for _, value in points]
    least, most = min(0.0, *values), max(0.0, *values)
    panels = []
    for name, points in line.parts.items():
        words = newest_words(points, line.timeline, line.unit)
        chart = bars.spark(
            points,
            scale=(least, most),
            first=day_number(moments[0]),
            last=day_number(moments[-1]),
            others=[other for key, other in line.parts.items() if key != name],
            area=line.unit.adds_up,
            n_done=len(line.timeline.finished_points(points)),
            label=f"{name}. {words}",
        )
        newest = (line.timeline.finished_points(points) or points)[-1][1]
        head = tag("span", name, class_="name")
        head += tag("span", line.unit.short(newest), class_="number")
        panels.append(
            tag("div", tag("div", head, class_="head"), chart, class_="panel", title=words)
        )
    label = line.timeline.label
    which = f"The largest {len(line.parts)}" if line.left_out > 0 else "Each"
    caption = (
        f"{which}, from {label(moments[0])} to {label(moments[-1])}, all on one scale that ends "
        f"at {line.unit.short(most)}; the number is that of the newest "
        f"{line.timeline.grain.value} that is over.{left_out_words(line.left_out)}"
    )
    return Figure(line.title, caption, tag("div", *panels, class_="multiples"), wide=True)


def left_out_words(number: int) -> str:
    """`` 12 more in the table.``, or nothing."""
    return f" {number:,} more in the table." if number > 0 else ""
