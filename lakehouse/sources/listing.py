"""Which files a source has, asked of Spark itself: the same on a disk, a cluster and a bucket."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from pathlib import Path

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from lakehouse.config.declarations import FileSource
from lakehouse.errors import UsageError
from lakehouse.sources.pattern import PathPattern, path_pattern


@dataclass(frozen=True, order=True)
class SourceFile:
    """A file as found: ``day`` from its path, ``modified`` in UTC, ``length`` in bytes."""

    path: str
    day: datetime.date | None
    modified: datetime.datetime
    length: int


def list_files(
    spark: SparkSession, source: FileSource, landing: str, *, where: str | None = None
) -> list[SourceFile]:
    """All files of the source, by path; an empty folder gives an empty list.

    Raises UsageError when the folder (the part of the path before ``{date}``) does not exist;
    ``where`` is the place of the declaration.
    """
    pattern = path_pattern(source.path, landing, source.format, where=where)
    rows = _listing(spark, pattern, where).collect()
    return sorted(_source_file(row, pattern) for row in rows if pattern.matches(row["path"]))


def check_folder(source: FileSource, landing: str, *, where: str | None = None) -> None:
    """Raise UsageError when a local folder of the source does not exist, without asking Spark."""
    pattern = path_pattern(source.path, landing, source.format, where=where)
    local = pattern.folder.removeprefix("file://").removeprefix("file:")
    if "://" not in local and not Path(local).exists():
        raise _missing(pattern, where)


def _listing(spark: SparkSession, pattern: PathPattern, where: str | None) -> DataFrame:
    try:
        listing = (
            spark.read.format("binaryFile")
            .option("recursiveFileLookup", "true")
            .load(literal_path(pattern.folder))
            .select("path", "length", F.unix_micros("modificationTime").alias("modified"))
        )
        _ = listing.schema  # Over Connect a missing folder shows up when the plan is looked at.
    except AnalysisException as problem:
        if problem.getCondition() != "PATH_NOT_FOUND":
            raise
        raise _missing(pattern, where) from None
    return listing


def _missing(pattern: PathPattern, where: str | None) -> UsageError:
    return UsageError(
        f"landing folder {pattern.folder} does not exist",
        where=where,
        hint="put the files there, or name another place with --set landing=DIR",
    )


def literal_path(path: str) -> str:
    """``path`` for a reader, which would take ``*``, ``[`` and the like for a pattern."""
    return re.sub(r"([\\{}\[\]*?])", r"\\\1", path)


def _source_file(row: Row, pattern: PathPattern) -> SourceFile:
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    modified = epoch + datetime.timedelta(microseconds=row["modified"])
    return SourceFile(row["path"], pattern.day(row["path"]), modified, row["length"])
