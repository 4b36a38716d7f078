"""The records of refreshes that the page shows, read from ``ops.runs``."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.refresh.run_record import RunRecord

RUNS_KEPT = 60


def run_records(runs: DataFrame) -> tuple[RunRecord, ...]:
    """The newest 60 refreshes of each table and step, oldest first.

    Rules come with the newest refresh and with the newest one that read rows; the others have none,
    since their JSON is long.
    """
    newest = Window.partitionBy("step", "table").orderBy(
        F.desc("started_at"), F.desc("date"), F.desc("run_id")
    )
    has_rows = F.coalesce(F.col("rows_read") > 0, F.lit(False))
    with_rows = Window.partitionBy("step", "table", has_rows).orderBy(
        F.desc("started_at"), F.desc("date"), F.desc("run_id")
    )
    ranked = runs.select(
        "*",
        F.row_number().over(newest).alias("_rank"),
        F.row_number().over(with_rows).alias("_rank_of_kind"),
    )
    brings_rules = (F.col("_rank") == 1) | (has_rows & (F.col("_rank_of_kind") == 1))
    # The newest refresh with rows stays however long ago it was: what it left behind still counts.
    kept = ranked.where((F.col("_rank") <= RUNS_KEPT) | brings_rules)
    kept = kept.withColumn("rules", F.when(brings_rules, F.col("rules")))
    ordered = kept.drop("_rank", "_rank_of_kind").orderBy("started_at", "step", "table", "run_id")
    return tuple(RunRecord.from_row(row.asDict()) for row in ordered.collect())
