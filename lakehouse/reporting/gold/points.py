"""The points of a chart, computed by Spark: one row per group and period."""

from __future__ import annotations

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from lakehouse.config.charts import Chart, Measure
from lakehouse.reporting.data import Series

MOST_POINTS = 400
"""Periods of a line: a year of days, or two weeks of hours."""
LARGEST = 200
"""Groups of a chart, the largest first."""
SMALL = 4000


def series(frame: DataFrame, chart: Chart) -> Series:
    """The points of ``chart``; of a big table those of the newest periods and largest groups.

    A sum of no value, and a mean of none, is NULL. A mean with a weight is Σ value × weight ÷
    Σ weight over the rows that have both. A measure that does not say how rows are combined needs
    exactly one row per point; otherwise, and for columns that are not there or hold no numbers,
    the series has a problem in place of points.
    """
    if problem := _wrong_column(frame, chart):
        return Series(chart, pd.DataFrame(), problem=problem)
    combined = [_combine(measure).alias(f"_m{i}") for i, measure in enumerate(chart.measure)]
    grouped = frame.groupBy(*chart.axes).agg(
        *combined, _size(chart.measure[0]).alias("_size"), F.count(F.lit(1)).alias("_rows")
    )
    points = pd.DataFrame(grouped.limit(SMALL + 1).toPandas())
    groups = int(points[chart.by].nunique(dropna=False)) if chart.by else 0
    if len(points) > SMALL:
        groups = frame.select(chart.by).distinct().count() if chart.by else 0
        points = pd.DataFrame(_cut(grouped, chart).toPandas())
    says_how = all(measure.combine for measure in chart.measure)
    if not says_how and (points["_rows"] > 1).any():
        return Series(chart, pd.DataFrame(), problem=_several_rows(chart))
    return Series(chart, _sort(points.drop(columns="_rows"), chart), groups)


def _wrong_column(frame: DataFrame, chart: Chart) -> str:
    weights = [measure.weight for measure in chart.measure if measure.weight]
    measured = [*(measure.column for measure in chart.measure), *weights]
    for name in [*chart.axes, *measured]:
        if name not in frame.columns:
            return f"the table has no column {name}"
    for name in measured:
        if not isinstance(frame.schema[name].dataType, T.NumericType):
            return f"{name} is not a number"
    return ""


def _several_rows(chart: Chart) -> str:
    point = " and ".join(chart.axes) or "table"
    return f"several rows share a {point}; declare how they are combined (as: sum or as: mean)"


def _combine(measure: Measure) -> Column:
    value = F.col(measure.column)
    if measure.combine == "sum":
        return F.sum(value)
    if measure.combine is None:
        return F.first(value)
    if measure.weight is None:
        return F.avg(value)
    weight = F.col(measure.weight).cast("double")
    weighted = F.sum(value.cast("double") * weight)
    return F.try_divide(weighted, F.sum(F.when(value.isNotNull(), weight)))


def _size(measure: Measure) -> Column:
    size = F.col(measure.weight) if measure.weight else F.abs(F.col(measure.column))
    return F.sum(size).cast("double")


def _cut(points: DataFrame, chart: Chart) -> DataFrame:
    """The points of the newest periods, and of the largest groups in these."""
    if chart.over:
        periods = points.select(chart.over).where(F.col(chart.over).isNotNull()).distinct()
        newest = periods.orderBy(F.desc(chart.over)).limit(MOST_POINTS)
        points = points.join(newest, on=chart.over, how="left_semi")
    if chart.by is None:
        return points
    sizes = points.groupBy(chart.by).agg(F.sum("_size").alias("_total"))
    largest = sizes.orderBy(F.desc_nulls_last("_total"), chart.by).limit(LARGEST)
    group = largest.select(F.col(chart.by).alias("_group"))
    same = F.col(chart.by).eqNullSafe(F.col("_group"))
    return points.join(F.broadcast(group), on=same, how="left_semi")


def _sort(points: pd.DataFrame, chart: Chart) -> pd.DataFrame:
    """The same points in the same order whenever they are read, so that the page is the same."""
    if not chart.axes:
        return points
    ordered = points.sort_values(chart.axes, kind="stable", key=lambda column: column.map(str))
    return ordered.reset_index(drop=True)
