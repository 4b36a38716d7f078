"""Sample the training rows of a large frame in Spark, before it is collected.

Rows are drawn by a hash of entity and day, so that the same table gives the same sample. The
hold-out is never sampled: it has the rows by which a model is judged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import pandas_udf
from pyspark.sql.types import BooleanType, DoubleType, FloatType

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.ml.sampled import allocate, stratum_column
from lakehouse.ml.sides import label_error
from lakehouse.ml.split import choose_days, days_of_sides, held_out_rows
from lakehouse.ml.weights import WEIGHT

if TYPE_CHECKING:
    from datetime import date

MOST_STRATA = 10_000
_HELD_OUT, _STRATUM, _PLACE, _RANK, _DRAWN = "_held_out", "_stratum", "_place", "_rank", "_drawn"
_PLACES = 2**40


def sample_training_rows(
    frame: DataFrame, model: ModelDecl, *, most: int, horizon_days: int
) -> DataFrame:
    """``frame`` with at most ``most`` training rows, and their weights.

    One row per entity and ``as_of``, before and after. Unchanged where there are no more training
    rows. Otherwise ``_weight`` is the inverse of the rate at which the row's class (its day, in a
    regression) was sampled, and 1 on the hold-out; rows without a label and those that are on
    neither side of the split are left out. Raises UsageError where there is no day to train on, and
    DeclarationError for a label with more than 10,000 classes.
    """
    labelled = frame.where(_is_known(frame, model.label_column))
    days = [row[0] for row in labelled.select("as_of").distinct().collect()]
    if not days:
        return frame
    train_days, test_days = _days_of_sides(days, model, horizon_days)
    rows = labelled.withColumn(_HELD_OUT, _is_held_out(model.entity, model.split.test_customers))
    stratum = F.col(stratum_column(model)).cast("string")
    is_training = ~F.col(_HELD_OUT) & F.col("as_of").isin(train_days)
    training = rows.where(is_training).withColumn(_STRATUM, stratum)
    counted = training.groupBy(_STRATUM).count().limit(MOST_STRATA + 1).collect()
    if len(counted) > MOST_STRATA:
        raise label_error(model)
    counts = {row[_STRATUM]: row["count"] for row in counted}
    if sum(counts.values()) <= most:
        return frame
    sampled = _draw(training, counts, allocate(counts, most), model.entity)
    test = rows.where(F.col(_HELD_OUT) & F.col("as_of").isin(test_days))
    # The split counts days back from the last one, which may have no row of the hold-out.
    is_last = ~F.col(_HELD_OUT) & (F.col("as_of") == F.lit(max(days)))
    last_day = rows.where(is_last & ~is_training).orderBy(model.entity).limit(1)
    whole = test.unionByName(last_day).withColumn(WEIGHT, F.lit(1.0))
    return sampled.unionByName(whole).drop(_HELD_OUT)


def _is_known(frame: DataFrame, label: str) -> Column:
    """NULL and NaN are no labels."""
    known = F.col(label).isNotNull()
    is_double = isinstance(frame.schema[label].dataType, DoubleType | FloatType)
    return known & ~F.isnan(label) if is_double else known


def _days_of_sides(
    days: list[date], model: ModelDecl, horizon_days: int
) -> tuple[list[date], list[date]]:
    chosen, test_days = choose_days(days, model.split.every), model.split.test_days
    if test_days is None:
        return chosen, chosen
    return days_of_sides(
        chosen,
        test_days=test_days,
        horizon_days=horizon_days,
        embargo_days=model.split.embargo_days,
    )


def _is_held_out(entity: str, share: float) -> Column:
    """By the hash of the split, which Spark has no function for."""

    def of(entities: pd.Series) -> pd.Series:
        return held_out_rows(entities, share)

    column: Column = pandas_udf(of, BooleanType())(entity)  # type: ignore[call-overload]
    return column


def _draw(
    rows: DataFrame, counts: Mapping[str, int], kept: Mapping[str, int], entity: str
) -> DataFrame:
    """``kept`` rows of each stratum with their weights, those with the lowest hashes.

    A hash below a limit that almost surely leaves enough rows comes first, so that only about as
    many rows as are kept are sorted.
    """
    limits = {
        name: min(1.0, (kept[name] + 6 * math.sqrt(kept[name]) + 20) / count)
        for name, count in counts.items()
    }
    salted = F.xxhash64(F.lit("training rows"), F.col(entity).cast("string"), "as_of")
    placed = rows.withColumn(_PLACE, F.pmod(salted, F.lit(_PLACES)) / F.lit(float(_PLACES)))
    stratum = Window.partitionBy(_STRATUM)
    drawn = (
        placed.where(F.col(_PLACE) < _of_stratum(limits))
        .withColumn(_RANK, F.row_number().over(stratum.orderBy(_PLACE, entity, "as_of")))
        .withColumn(_DRAWN, F.least(F.count("*").over(stratum), _of_stratum(kept)))
        .where(F.col(_RANK) <= F.col(_DRAWN))
    )
    weight = (_of_stratum(counts) / F.col(_DRAWN)).cast("double")
    return drawn.withColumn(WEIGHT, weight).drop(_STRATUM, _PLACE, _RANK, _DRAWN)


def _of_stratum(values: Mapping[str, int] | Mapping[str, float]) -> Column:
    pairs = [F.lit(part) for pair in values.items() for part in pair]
    return F.create_map(*pairs)[F.col(_STRATUM)]
