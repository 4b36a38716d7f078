"""Lineage columns of bronze rows, and the stored rows that no source can supply again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import BronzeTable
from lakehouse.refresh.batch import FileBatch, Replaced
from lakehouse.refresh.context import Run, RunContext
from lakehouse.refresh.replacements import Entries, add_known_until, find_current_loads
from lakehouse.sources.listing import SourceFile
from lakehouse.sources.recast import recast
from lakehouse.sql.point_in_time import KNOWN_UNTIL


def add_lineage_columns(
    frame: DataFrame, *, run: Run, known: Mapping[str, date], days_of_rows: bool = False
) -> DataFrame:
    """Replace ``_day`` by the lineage columns ``_ingested_at, _known_date, _run_id, _row_hash``.

    ``_known_date`` is the later of the file's day and the run's first day; where ``_day`` is NULL,
    the run's first day. Files in ``known`` keep the date given there; with ``days_of_rows`` a row
    of such a file is known from its own day, if that is later. Grain: unchanged.
    """
    start = F.lit(run.start).cast("date")
    names = [name for name in frame.columns if name not in ("_source_file", "_day")]
    known_date = F.greatest(F.coalesce("_day", start), start)
    if known:
        spark = frame.sparkSession
        first = spark.createDataFrame([*known.items()], "_source_file string, _first date")
        frame = frame.join(F.broadcast(first), "_source_file", "left")
        known_date = F.coalesce("_first", known_date)
        if days_of_rows:
            known_date = F.greatest(known_date, F.col("_day"))
    return frame.select(
        *names,
        "_source_file",
        F.lit(datetime.now(UTC)).cast("timestamp").alias("_ingested_at"),
        known_date.alias("_known_date"),
        F.lit(run.run_id).alias("_run_id"),
        row_hash(names).alias("_row_hash"),
    )


def row_hash(names: list[str]) -> Column:
    """SHA-256 of the columns cast to strings; NULL differs from the empty string."""
    parts = [F.coalesce(F.col(f"`{name}`").cast("string"), F.lit("\u0000")) for name in names]
    return F.sha2(F.concat_ws("\u001f", *parts), 256)


def read_lost_rows(
    context: RunContext, table: BronzeTable, listed: Collection[str], replaced: Replaced
) -> DataFrame | None:
    """The stored rows that cannot be read again, cast to the declared types.

    These are the rows of files that have left the landing folder, and of file contents that were
    replaced. None where the table does not exist.
    """
    if context.progress.state(context.tables, table.table) is None:
        return None
    stored = add_known_until(context.tables.read(table.table), replaced)
    is_gone = ~F.col("_source_file").isin(sorted(listed))
    lost = stored.where(is_gone | F.col(KNOWN_UNTIL).isNotNull()).drop(KNOWN_UNTIL)
    return recast(context.spark, lost, table)


def find_replaced_loads(
    context: RunContext, table: BronzeTable, batch: FileBatch, loaded: Sequence[SourceFile]
) -> Entries:
    """The earlier loads that the loaded files replace, for the commit's tag.

    See ``refresh.replacements`` for its form.
    """
    files = {file.key: file for file in loaded if file.key in batch.replaces}
    if not files or context.progress.state(context.tables, table.table) is None:
        return {}
    stored = context.tables.read(table.table)
    return {
        path: {
            "runs": runs,
            "since": str(max(files[path].day or context.run.start, context.run.start)),
            "content": batch.hashes.get(path),
        }
        for path, runs in find_current_loads(stored, files, batch.replaced).items()
    }
