"""Point-in-time lookups: what was known of a table on each row's business day, never later."""

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

    ``days`` has one column, ``_day`` (DATE), distinct. Grain: one row per stored row and
    day since it is known; where the table ``keeps_history`` the version of each key that was valid
    at the end of the day in ``zone``, as known on it, and none for a deleted key.
    ``sequence_type`` is Spark's simple name of the type of ``valid_from``. ``columns`` are what
    the transformation sees. Rows with ``_known_until`` or, with ``has_replaced``, ``known_to`` are
    known on the days before it; of those of an ``append`` table the earliest of each key counts.
    """
    if not keeps_history:
        seen = stored.join(days, F.col("_known_date") <= F.col("_day"), "inner")
        if KNOWN_UNTIL in stored.columns:
            seen = _earliest(seen.where(_is_known_still(KNOWN_UNTIL)), keys, columns)
        return seen.select(*columns, F.col("_day").alias("_known_date"))
    end = start_of_day("date_add(_day, 1)", sequence_type or "", zone)
    is_valid = F.expr(f"valid_from < {end}") if end else F.lit(True)
    if has_replaced:
        is_valid = is_valid & _is_known_still("known_to")
    newest = Window.partitionBy("_day", *keys).orderBy(F.desc("valid_from"), F.desc("known_from"))
    return (
        stored.join(days, (F.col("known_from") <= F.col("_day")) & is_valid, "inner")
        .withColumn("_rank", F.row_number().over(newest))
        .where((F.col("_rank") == 1) & ~is_deletion())
        .select(*columns, F.col("_day").alias("_known_date"))
    )


def _is_known_still(column: str) -> Column:
    return F.col(column).isNull() | (F.col(column) > F.col("_day"))


def _earliest(seen: DataFrame, keys: Sequence[str], columns: Sequence[str]) -> DataFrame:
    """The choice of ``deduplicate.earliest_per_key`` on each day; every row without keys."""
    if not keys:
        return seen
    content = [name for name in columns if name not in keys]
    order = [F.asc_nulls_first(name) for name in ("_known_date", *content)]
    first = Window.partitionBy("_day", *keys).orderBy(*order)
    return seen.withColumn("_rank", F.row_number().over(first)).where("_rank = 1").drop("_rank")
