"""SHA-256 of whole files: by threads for this machine's disk, by Spark for everything else."""

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
_MOST = 1024**3  # bytes; Spark holds a whole file in one value, which ends at 2 GiB


def content_hashes(spark: SparkSession, files: Sequence[SourceFile]) -> dict[str, str]:
    """Hexadecimal SHA-256 by key.

    Left out: files that cannot be read (the read itself says why), and files above 1 GiB that do
    not lie on this machine.
    """
    here = {file.key: path for file in files if (path := _on_this_disk(file)) is not None}
    elsewhere = [file for file in files if file.key not in here and file.length <= _MOST]
    with ThreadPoolExecutor(_THREADS) as pool:
        digests = zip(here, pool.map(_sha256, here.values()), strict=True)
        local = {key: digest for key, digest in digests if digest is not None}
    return local | _by_spark(spark, elsewhere)


def _on_this_disk(file: SourceFile) -> Path | None:
    path = local_path(file.path)
    return path if path is not None and path.parent.exists() else None


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError:
        return None


def _by_spark(spark: SparkSession, files: Sequence[SourceFile]) -> dict[str, str]:
    if not files:
        return {}
    root = root_of(files)
    contents = spark.read.format("binaryFile").load([literal_path(file.path) for file in files])
    rows = contents.select("path", F.sha2("content", 256).alias("digest")).collect()
    return {key_of(row["path"], root): row["digest"] for row in rows}
