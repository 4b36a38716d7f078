"""SHA-256 of whole files: local files in threads, all others with Spark."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.sources.keys import key_of, local_path, root_of
from lakehouse.sources.listing import SourceFile, literal_path

_THREADS = 4
_MAX_BYTES = 1024**3  # bytes; Spark holds a whole file in one value, whose limit is 2 GiB


def content_hashes(spark: SparkSession, files: Sequence[SourceFile]) -> dict[str, str]:
    """Hexadecimal SHA-256 by key.

    Without files that cannot be read (reading them reports why), and without files above 1 GiB that
    are not on a local disk.
    """
    on_disk = {file.key: path for file in files if (path := _local_file(file)) is not None}
    remote = [file for file in files if file.key not in on_disk and file.length <= _MAX_BYTES]
    with ThreadPoolExecutor(_THREADS) as pool:
        digests = zip(on_disk, pool.map(_sha256, on_disk.values()), strict=True)
        local = {key: digest for key, digest in digests if digest is not None}
    return local | _hash_with_spark(spark, remote)


def _local_file(file: SourceFile) -> Path | None:
    path = local_path(file.path)
    return path if path is not None and path.parent.exists() else None


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError:
        return None


def _hash_with_spark(spark: SparkSession, files: Sequence[SourceFile]) -> dict[str, str]:
    if not files:
        return {}
    root = root_of(files)
    contents = spark.read.format("binaryFile").load([literal_path(file.path) for file in files])
    rows = contents.select("path", F.sha2("content", 256).alias("digest")).collect()
    return {key_of(row["path"], root): row["digest"] for row in rows}
