"""Rows that are only ever added (``write: append``): the first row of a key stays."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.config.declarations import SilverTable
from lakehouse.layers.changes import Batch
from lakehouse.layers.lake import Lake
from lakehouse.storage import writes
from lakehouse.storage.tables import Commit, columns_of


def write(lake: Lake, table: SilverTable, rows: DataFrame, batch: Batch, tag: writes.Tag) -> Commit:
    """Rows whose key is not in the table yet; without keys every column is the key."""
    new = first_per_key(rows, keys=table.keys)
    if batch.since is None:
        return writes.overwrite(lake.tables, table.table, new, tag)
    keys = table.keys or columns_of(new, but=("_known_date",))
    clauses = "WHEN NOT MATCHED THEN INSERT *"
    return writes.merge(lake.tables, table.table, new, on=keys, clauses=clauses, tag=tag)


def first_per_key(rows: DataFrame, *, keys: list[str]) -> DataFrame:
    """One row a key: the first known, then the least content. NULL is a key like any other."""
    content = columns_of(rows, but=("_known_date", *keys))
    if not keys:
        return rows.groupBy(*content).agg(F.min("_known_date").alias("_known_date"))
    first = Window.partitionBy(*keys).orderBy("_known_date", *content)
    ranked = rows.withColumn("_rank", F.row_number().over(first))
    return ranked.where(F.col("_rank") == 1).drop("_rank")
