"""Point-in-time lookups: a table as it was known on each of some business days."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.refresh.history import is_deletion
from lakehouse.sql.point_in_time import KNOWN_UNTIL, start_of_day


def read_as_of_days(
    stored: DataFrame,
    days: DataFrame,
    *,
    keeps_history: bool,
    keys: Sequence[str],
    sequence_type: str | None,
    zone: str,
    columns: Sequence[str],
    has_replaced: bool = False,
) -> DataFrame:
    """The table's rows as of each of the days, with the day as ``_known_date``.

    ``days`` has one column, ``_day`` (DATE), without repeats. Grain: one row per day and stored
    row known by then; where the table ``keeps_history``, one row per day and key: the version
    valid at the end of the day in ``zone``, none for a deleted key. ``sequence_type`` is Spark's
    simple name of the type of ``valid_from``. ``columns`` are visible to the transformation. A row
    with ``_known_until`` (or, with ``has_replaced``, ``known_to``) counts only on the days before;
    of an ``append`` table with such rows, only the earliest of each key counts.
    """
    if not keeps_history:
        known_rows = stored.join(days, F.col("_known_date") <= F.col("_day"), "inner")
        if KNOWN_UNTIL in stored.columns:
            known_rows = _earliest(known_rows.where(_is_still_known(KNOWN_UNTIL)), keys, columns)
        return known_rows.select(*columns, F.col("_day").alias("_known_date"))
    end = start_of_day("date_add(_day, 1)", sequence_type or "", zone)
    is_valid = F.expr(f"valid_from < {end}") if end else F.lit(True)
    if has_replaced:
        is_valid = is_valid & _is_still_known("known_to")
    newest = Window.partitionBy("_day", *keys).orderBy(F.desc("valid_from"), F.desc("known_from"))
    return (
        stored.join(days, (F.col("known_from") <= F.col("_day")) & is_valid, "inner")
        .withColumn("_rank", F.row_number().over(newest))
        .where((F.col("_rank") == 1) & ~is_deletion())
        .select(*columns, F.col("_day").alias("_known_date"))
    )


def _is_still_known(column: str) -> Column:
    return F.col(column).isNull() | (F.col(column) > F.col("_day"))


def _earliest(known_rows: DataFrame, keys: Sequence[str], columns: Sequence[str]) -> DataFrame:
    """``deduplicate.earliest_per_key`` for each day; all rows where there are no keys."""
    if not keys:
        return known_rows
    content = [name for name in columns if name not in keys]
    order = [F.asc_nulls_first(name) for name in ("_known_date", *content)]
    first = Window.partitionBy("_day", *keys).orderBy(*order)
    return (
        known_rows.withColumn("_rank", F.row_number().over(first)).where("_rank = 1").drop("_rank")
    )
