"""Figures of tables with a time key: one line a measure, or one small line a group."""

from __future__ import annotations

from datetime import date

import pandas as pd
from markupsafe import Markup

from lakehouse.reporting import bars, charts, periods
from lakehouse.reporting.charts import Points
from lakehouse.reporting.data import GoldTable
from lakehouse.reporting.figures import (
    Figure,
    group_name,
    points_of,
    responsive,
    spoken,
    summed,
)
from lakehouse.reporting.numbers import change, compact, exact
from lakehouse.reporting.periods import Grain
from lakehouse.reporting.shape import groups, measures
from lakehouse.reporting.svg import NARROW, tag

FEW = 16
FEWEST = 4
MOST_POINTS = 370
MOST_GROUPS = 8


def figures(table: GoldTable, newest: date | None) -> list[Figure]:
    """What an analyst would draw of a table with a time key; empty when it has no measure."""
    time, found = table.time, measures(table)
    if time is None or not found:
        return []
    if not groups(table):
        made = [_series(table.frame, time, m, newest, wide=len(found) == 1) for m in found[:4]]
        return [figure for figure in made if figure]
    measure = found[0]
    totals = _totals(table, time, measure)
    whole = [] if totals is None else [_series(totals, time, measure, newest, wide=True)]
    if len(groups(table)) > 1 and measure not in table.summable:
        return [figure for figure in whole if figure]
    by = _by_group(table, time, groups(table)[0], measure, newest)
    return [figure for figure in [*whole, by] if figure]


def _totals(table: GoldTable, time: str, measure: str) -> pd.DataFrame | None:
    if table.totals is not None and measure in table.totals:
        return table.totals
    if measure not in table.summable:
        return None
    summed_up = [(moment, summed(part[measure])) for moment, part in table.frame.groupby(time)]
    return pd.DataFrame(summed_up, columns=[time, measure])


def _series(
    frame: pd.DataFrame, time: str, measure: str, newest: date | None, *, wide: bool
) -> Figure | None:
    points = points_of(frame, time, measure)[-MOST_POINTS:]
    if not points:
        return None
    grain = periods.grain_of(time, [day for day, _ in points])
    open_from = _open_from(points, grain, newest)
    draw = charts.columns if len(points) <= FEW else charts.lines
    unit, caption = measure.replace("_", " "), _newest_words(points, grain, open_from)

    def drawn(width: float) -> Markup:
        return draw(
            points,
            grain=grain,
            unit=unit,
            width=width,
            height=220 if width > NARROW else 190,
            open_from=open_from,
            label=f"{spoken(measure)} by {grain.value}. {caption}",
        )

    wide = wide and len(points) > FEWEST
    body = responsive(drawn) if wide else drawn(float(NARROW))
    return Figure(f"{spoken(measure)} by {grain.value}", caption, body, wide)


def _open_from(points: Points, grain: Grain, newest: date | None) -> date | None:
    last = points[-1][0]
    return last if newest and last <= newest < periods.last_day(last, grain) else None


def _newest_words(points: Points, grain: Grain, open_from: date | None) -> str:
    done = [point for point in points if open_from is None or point[0] < open_from]
    words = ""
    if done:
        day, value = done[-1]
        words = f"{periods.label(day, grain)}: {exact(value)}"
        back = 7 if grain is Grain.DAY and len(done) > 7 else 1
        if len(done) > back and (more := change(value, done[-1 - back][1])):
            before = "a week before" if back == 7 else f"the {grain.value} before"
            words += f", {more} {before}"
        words += "."
    if open_from:
        still = periods.label(open_from, grain)
        words += f" {still[:1].upper()}{still[1:]} is not over: {exact(points[-1][1])} so far."
    return words.strip()[:1].upper() + words.strip()[1:]


def _by_group(
    table: GoldTable, time: str, key: str, measure: str, newest: date | None
) -> Figure | None:
    parts: dict[str, Points] = {}
    for value, rows in table.frame.groupby(key, dropna=False, sort=True):
        points = points_of(rows, time, measure)
        if points:
            parts[group_name(key, value)] = _one_a_period(points)
    days = sorted({day for points in parts.values() for day, _ in points})
    if not days:
        return None
    first = sorted(parts, key=lambda name: (-sum(v for _, v in parts[name]), name))
    shown = {name: parts[name] for name in first[:MOST_GROUPS]}
    grain = periods.grain_of(time, days)
    title = f"{spoken(measure)} by {key.replace('_', ' ')}"
    left_out = max(table.groups, len(parts)) - len(shown)
    if len(days) <= FEWEST:
        return _compared(shown, days, grain, newest, title, left_out)
    return _multiples(shown, days, grain, newest, title, left_out)


def _one_a_period(points: Points) -> Points:
    together: dict[date, float] = {}
    for day, value in points:
        together[day] = together.get(day, 0.0) + value
    return sorted(together.items())


def _compared(
    parts: dict[str, Points],
    days: list[date],
    grain: Grain,
    newest: date | None,
    title: str,
    left_out: int,
) -> Figure:
    open_from = _open_from([(days[-1], 0.0)], grain, newest)
    now, before = days[-1], days[-2] if len(days) > 1 else None
    rows = []
    for name, points in parts.items():
        values = dict(points)
        rows.append(bars.Bar(name, values.get(now, 0.0), values.get(before) if before else None))
    rows.sort(key=lambda row: (-row.value, row.label))
    words = f"{periods.label(now, grain)}{' so far' if open_from else ''}, largest first"
    words += f"; the thin mark is {periods.label(before, grain)}" if before else ""
    caption = f"{words}.{_left_out(left_out)}"
    body = bars.bars(rows, unit="", width=float(NARROW), label=f"{title}. {caption}")
    return Figure(title, caption, body)


def _multiples(
    parts: dict[str, Points],
    days: list[date],
    grain: Grain,
    newest: date | None,
    title: str,
    left_out: int,
) -> Figure:
    most = max(value for points in parts.values() for _, value in points)
    panels = []
    for name, points in parts.items():
        others = [other for key, other in parts.items() if key != name]
        said = _newest_words(points, grain, _open_from(points, grain, newest))
        chart = bars.spark(
            points,
            most=most,
            first=days[0].toordinal(),
            others=others,
            last=days[-1].toordinal(),
            label=f"{name}. {said}",
        )
        head = tag("span", name, class_="name") + tag(
            "span", compact(points[-1][1]), class_="number"
        )
        panels.append(
            tag("div", tag("div", head, class_="head"), chart, class_="panel", title=said)
        )
    caption = (
        f"The largest {len(parts)}, from {periods.label(days[0], grain)} to "
        f"{periods.label(days[-1], grain)}, all on one scale that ends at {compact(most)}; "
        f"the number is the newest.{_left_out(left_out)}"
    )
    body = tag("div", *panels, class_="multiples")
    return Figure(title, caption, body, wide=True)


def _left_out(number: int) -> str:
    return f" {number:,} more in the table." if number > 0 else ""
