"""Parquet files whose rows Spark skips silently because the footer's offsets are wrong."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.errors import UnreadableFiles
from lakehouse.sources.keys import key_of, root_of, source_key
from lakehouse.sources.listing import SourceFile, literal_path

_TAIL = 1024 * 1024  # bytes; longer footers are not checked


def refuse_lost_rows(
    spark: SparkSession, frames: Sequence[DataFrame], files: Sequence[SourceFile]
) -> None:
    """Raise UnreadableFiles for a file that has rows by its footer but none when Spark reads it.

    Reads no column: only the footers, and the end of each file without rows.
    """
    root = root_of(files)
    seen: set[str] = set()
    for frame in frames:
        keys = frame.select(source_key(root).alias("key")).distinct().collect()
        seen.update(row["key"] for row in keys)
    empty = [literal_path(file.path) for file in files if file.key not in seen]
    if not empty:
        return
    tails = spark.read.format("binaryFile").load(empty)
    for row in tails.select("path", F.substring("content", -_TAIL, _TAIL).alias("tail")).collect():
        if _rows(bytes(row["tail"])):
            raise UnreadableFiles(
                "its footer counts rows that are not there", where=key_of(row["path"], root)
            )


def _rows(tail: bytes) -> int:
    try:
        return int(pq.read_metadata(io.BytesIO(tail)).num_rows)
    except (pa.ArrowInvalid, OSError):
        return 0
