"""Find files of which too little was understood to load them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyspark.sql import SparkSession

from lakehouse.config.declarations import BronzeTable
from lakehouse.sources.beginnings import beginnings
from lakehouse.sources.compression import unpack
from lakehouse.sources.file_source import file_source
from lakehouse.sources.formats.registry import format_of
from lakehouse.sources.listing import SourceFile
from lakehouse.sources.summary import FileSummary

_START = 1024  # bytes of a file that its format may inspect


def not_understood(
    spark: SparkSession,
    summaries: Iterable[FileSummary],
    files: Sequence[SourceFile],
    table: BronzeTable,
) -> dict[str, str]:
    """The reason, by key, for each file that must not be loaded; a reason never quotes content.

    These are files that are not empty but give no rows (a CSV with only a header is fine), files
    whose header has no declared column, and files with a larger share of rows rescued whole than
    ``max_rescued``. Reads the first bytes of suspect files.
    """
    by_key = {summary.path: summary for summary in summaries}
    suspects = [file for file in files if _is_suspect(by_key.get(file.key), table)]
    starts = beginnings(spark, suspects, _START) if suspects else {}
    reasons: dict[str, str] = {}
    for file in suspects:
        reason = _why(by_key.get(file.key), file, starts.get(file.key, b""), table)
        if reason is not None and file.length > 0:
            reasons[file.key] = reason
    return reasons


def _why(
    summary: FileSummary | None, file: SourceFile, packed: bytes, table: BronzeTable
) -> str | None:
    start = unpack(file.key, packed)
    if start is None:
        return "compressed data is damaged"
    if summary is None and not start and file.length > len(packed):
        return "it gave no row"  # Its first block is longer than what was read of it.
    source = file_source(table)
    return format_of(source.format).why_not_understood(summary, start, table, source)


def _is_suspect(summary: FileSummary | None, table: BronzeTable) -> bool:
    return summary is None or summary.rows_rescued_whole > table.max_rescued * summary.rows
