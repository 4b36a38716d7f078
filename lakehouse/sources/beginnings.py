"""The first bytes of files, read without the rest of the file where possible."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.sources.keys import key_of, local_path, root_of
from lakehouse.sources.listing import SourceFile, literal_path

_MAX_BYTES = 16 * 1024 * 1024  # bytes; Spark loads a file whole, so larger ones are left out


def beginnings(spark: SparkSession, files: Sequence[SourceFile], length: int) -> dict[str, bytes]:
    """The first ``length`` bytes of each file, by key.

    Without files that cannot be opened, and without large files that are not on a local disk.
    """
    local = {file.key: start for file in files if (start := _read_local(file, length)) is not None}
    remote = [file for file in files if file.key not in local and file.length <= _MAX_BYTES]
    return local | _read_with_spark(spark, remote, length)


def _read_local(file: SourceFile, length: int) -> bytes | None:
    path = local_path(file.path)
    if path is None:
        return None
    try:
        with path.open("rb") as content:
            return content.read(length)
    except OSError:
        return None


def _read_with_spark(
    spark: SparkSession, files: Sequence[SourceFile], length: int
) -> dict[str, bytes]:
    if not files:
        return {}
    root = root_of(files)
    contents = spark.read.format("binaryFile").load([literal_path(file.path) for file in files])
    rows = contents.select("path", F.substring("content", 1, length).alias("start")).collect()
    return {key_of(row["path"], root): bytes(row["start"]) for row in rows}
