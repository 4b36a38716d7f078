"""Figures of a chart without ``over``: bars by group, or the numbers of a table with one row."""

from __future__ import annotations

from typing import Any

import pandas as pd
from markupsafe import Markup

from lakehouse.config.charts import Measure
from lakehouse.reporting.charts import bars
from lakehouse.reporting.charts.figure import Figure, group_name, humanize, responsive
from lakehouse.reporting.charts.svg import NARROW, tag
from lakehouse.reporting.charts.unit import Unit, unit_of
from lakehouse.reporting.data import Series
from lakehouse.reporting.gold.over_time import left_out_words
from lakehouse.reporting.numbers import is_missing, share

MOST_BARS = 12


def figures(series: Series) -> list[Figure]:
    """Bars for each measure that has a value."""
    if series.points.empty:
        return []
    if series.chart.by is None:
        return [_facts(series)]
    wide = len(series.chart.measure) == 1
    made = (
        _bars(series, series.chart.by, f"_m{index}", measure, wide=wide)
        for index, measure in enumerate(series.chart.measure)
    )
    return [figure for figure in made if figure]


def _facts(series: Series) -> Figure:
    row = series.points.iloc[0]
    facts = []
    for index, measure in enumerate(series.chart.measure):
        value = row[f"_m{index}"]
        words = "–" if is_missing(value) else unit_of(measure, [value]).exact(value)
        facts.append(tag("div", tag("dt", humanize(measure.column)), tag("dd", words)))
    return Figure("In numbers", "", tag("dl", *facts, class_="facts"), wide=True)


def _bars(series: Series, by: str, column: str, measure: Measure, *, wide: bool) -> Figure | None:
    values: dict[Any, Any] = {
        None if is_missing(group) else group: value
        for group, value in zip(series.points[by], series.points[column], strict=True)
        if not is_missing(value)
    }
    if not values:
        return None
    unit = unit_of(measure, values.values())
    is_ordered = bool(pd.api.types.is_numeric_dtype(series.points[by]))
    order = sorted(values, key=lambda g: (g is None, g) if is_ordered else (-values[g], str(g)))
    rows = [bars.Bar(group_name(by, group), float(values[group])) for group in order[:MOST_BARS]]
    rest, left_out = order[MOST_BARS:], series.groups - min(len(order), MOST_BARS)
    if rest and unit.adds_up and series.groups == len(order):
        words = f"the other {len(rest):,}"
        rows.append(bars.Bar(words, float(sum(values[group] for group in rest)), rest=True))
        left_out = 0
    title = f"{humanize(measure.column)} by {by.replace('_', ' ')}"
    caption = _caption(values, by, unit, is_whole=series.groups == len(values), left_out=left_out)

    def drawn(width: float) -> Markup:
        return bars.bars(rows, unit=unit, width=width, label=f"{title}. {caption}")

    return Figure(title, caption, responsive(drawn) if wide else drawn(float(NARROW)), wide)


def _caption(values: dict[Any, Any], by: str, unit: Unit, *, is_whole: bool, left_out: int) -> str:
    """The largest group; of sums also its share, of what does not add up also the smallest."""
    top = max(values, key=lambda group: (values[group], str(group)))
    words = f"{group_name(by, top)}, {unit.exact(values[top])}"
    if unit.adds_up and is_whole:
        total = sum(values.values())
        return f"Largest: {words}, {share(values[top], total)} of {unit.exact(total)}."
    low = min(values, key=lambda group: (values[group], str(group)))
    lowest = f" Lowest: {group_name(by, low)}, {unit.exact(values[low])}." if low != top else ""
    return f"Highest: {words}.{lowest}{left_out_words(left_out)}"
