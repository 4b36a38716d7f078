"""Lookups of a silver shape: what was known of them on the day of each row, never later."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.config.declarations import SilverTable
from lakehouse.layers.lake import Lake
from lakehouse.layers.scd2 import HISTORY
from lakehouse.storage.tables import columns_of


def known_on_row_days(lake: Lake, table: SilverTable, rows: DataFrame) -> dict[str, DataFrame]:
    """Each lookup with a row for every business day of ``rows`` (``_known_date``)."""
    days = rows.select(F.col("_known_date").alias("_day")).distinct()
    return {name: _known(lake, name, days) for name in table.lookups}


def _known(lake: Lake, name: str, days: DataFrame) -> DataFrame:
    declared = lake.pipeline.silver[name]
    stored = lake.tables.read(name)
    if declared.write == "append":
        seen = stored.join(days, F.col("_known_date") <= F.col("_day"), "inner")
        return seen.drop("_known_date").withColumnRenamed("_day", "_known_date")
    until = F.date_add("_day", 1).cast("timestamp")
    known = (F.col("known_from") <= F.col("_day")) & (F.col("valid_from") < until)
    newest = Window.partitionBy("_day", *declared.keys).orderBy(
        F.desc("valid_from"), F.desc("known_from")
    )
    return (
        stored.join(days, known, "inner")
        .withColumn("_rank", F.row_number().over(newest))
        .where("_rank = 1 AND NOT (valid_to <=> valid_from)")
        .select(*columns_of(stored, but=HISTORY), F.col("_day").alias("_known_date"))
    )
