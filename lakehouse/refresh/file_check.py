"""The check of new files: which can be read and were understood, and the rows of those."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import BronzeTable
from lakehouse.refresh.batch import FileBatch
from lakehouse.refresh.bronze_rows import add_lineage_columns
from lakehouse.refresh.context import RunContext
from lakehouse.sources.file_source import file_source
from lakehouse.sources.listing import SourceFile
from lakehouse.sources.read import read_files, unreadable
from lakehouse.sources.reasons import READ_ERRORS
from lakehouse.sources.summary import FileSummary, summarize_files
from lakehouse.sources.understanding import not_understood


@dataclass(frozen=True)
class CheckedFiles:
    """The files of a batch that are loaded, with their rows, and the reasons of the others.

    ``unreadable`` and ``not_understood`` map the paths of files that are left out to the reason.
    """

    rows: DataFrame
    loaded: Sequence[SourceFile]
    summaries: Sequence[FileSummary]
    unreadable: Mapping[str, str]
    not_understood: Mapping[str, str]

    @property
    def row_count(self) -> int:
        """The number of rows of the loaded files."""
        return sum(summary.rows for summary in self.summaries)

    @property
    def rows_rescued(self) -> int:
        """The number of these rows that have rescued data."""
        return sum(summary.rows_rescued for summary in self.summaries)


def check_files(context: RunContext, table: BronzeTable, batch: FileBatch) -> CheckedFiles:
    """Read the files of the batch; leave out those that cannot be read, and those of which most was
    not understood.

    The rows have their lineage columns. Raises Spark's error where the read fails and no single
    file explains it.
    """
    # 1. Read the files once. If that fails, find the damaged ones and read the others.
    files, damaged = list(batch.files), {}
    try:
        rows = _keep(context, table, batch, read_files(context.spark, table, files))
        summaries = summarize_files(rows, table) if files else []
    except READ_ERRORS:
        damaged = unreadable(context.spark, table, files)
        if not damaged:
            raise
        context.release()
        files = [file for file in files if file.key not in damaged]
        rows = _keep(context, table, batch, read_files(context.spark, table, files))
        summaries = summarize_files(rows, table) if files else []
    # 2. Of the files that can be read, drop those of which most was not understood.
    strange = not_understood(context.spark, summaries, files, table)
    if strange:
        rows = rows.where(~F.col("_source_file").isin(list(strange)))
    return CheckedFiles(
        rows=rows,
        loaded=[file for file in files if file.key not in strange],
        summaries=[summary for summary in summaries if summary.path not in strange],
        unreadable=damaged,
        not_understood=strange,
    )


def _keep(context: RunContext, table: BronzeTable, batch: FileBatch, rows: DataFrame) -> DataFrame:
    """The rows with their lineage columns; the files are read and parsed once.

    Lineage columns are added after caching, since a hash per row costs more to cache than to
    compute. To collected rows they are added before: the driver would hash them one by one.
    """

    days_of_rows = file_source(table).day_from is not None

    def add_lineage(frame: DataFrame) -> DataFrame:
        return add_lineage_columns(
            frame, run=context.run, known=batch.known, days_of_rows=days_of_rows
        )

    if context.collects:
        return context.keep(add_lineage(rows))
    return add_lineage(context.keep(rows))
