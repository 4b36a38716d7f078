"""The current row of each key (``write: scd1``): the newest ``sequence_by`` wins."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.config.declarations import SilverTable
from lakehouse.layers.changes import Batch
from lakehouse.layers.lake import Lake
from lakehouse.storage import writes
from lakehouse.storage.tables import Commit


def write(lake: Lake, table: SilverTable, rows: DataFrame, batch: Batch, tag: writes.Tag) -> Commit:
    """Newest row of each key into the table; an older or equal one changes nothing."""
    sequence = str(table.sequence_by)
    latest = latest_per_key(rows, keys=table.keys, sequence_by=sequence).drop("_known_date")
    if batch.since is None:
        return writes.overwrite(lake.tables, table.table, latest, tag)
    others = [name for name in latest.columns if name not in (*table.keys, sequence)]
    differs = " OR ".join(f"NOT (s.`{name}` <=> t.`{name}`)" for name in others) or "false"
    newer = f"s.`{sequence}` > t.`{sequence}`"
    corrected = f"s.`{sequence}` <=> t.`{sequence}` AND ({differs})"
    clauses = (
        f"WHEN MATCHED AND ({newer} OR t.`{sequence}` IS NULL OR ({corrected})) THEN UPDATE SET * "
        "WHEN NOT MATCHED THEN INSERT *"
    )
    return writes.merge(lake.tables, table.table, latest, on=table.keys, clauses=clauses, tag=tag)


def latest_per_key(rows: DataFrame, *, keys: list[str], sequence_by: str) -> DataFrame:
    """One row a key: the greatest ``sequence_by``, then the last known, then the greatest content.

    NULL in ``sequence_by`` is older than anything; NULL is a key value like any other.
    """
    content = [name for name in rows.columns if name not in (*keys, sequence_by)]
    known = [F.desc("_known_date")] if "_known_date" in rows.columns else []
    newest_first = Window.partitionBy(*keys).orderBy(
        F.desc_nulls_last(sequence_by), *known, *[F.desc_nulls_last(name) for name in content]
    )
    ranked = rows.withColumn("_rank", F.row_number().over(newest_first))
    return ranked.where(F.col("_rank") == 1).drop("_rank")
