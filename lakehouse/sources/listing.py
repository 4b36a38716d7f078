"""List the files of a source: directly on a local disk, with Spark elsewhere."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TypeAlias

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.errors import UnreadableFiles, UsageError
from lakehouse.sources.file_source import FileSource
from lakehouse.sources.keys import local_path
from lakehouse.sources.local_files import File, walk
from lakehouse.sources.pattern import PathPattern, path_pattern

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

Stamp: TypeAlias = tuple[str, int, int]
"""Key, length and modification time of a file; the time in microseconds since 1970."""


@dataclass(frozen=True, order=True)
class SourceFile:
    """A listed file: ``path`` is what Spark reads, ``key`` the path below the landing folder.

    ``day`` comes from the path, ``modified`` is in UTC with milliseconds, ``length`` in bytes.
    """

    path: str
    day: datetime.date | None
    modified: datetime.datetime
    length: int
    key: str

    @property
    def name_problem(self) -> str | None:
        """Why a file of this name cannot be read; None where it can."""
        if local_path(self.path) is None:
            return None
        if ":" in self.path.rpartition("/")[2]:
            return "its name holds a colon, which Hadoop cannot read; give it another name"
        if "\ufffd" in self.key:
            return "its name is not valid UTF-8; give it another name"
        return None


@dataclass(frozen=True)
class Listing:
    """The files of a source, and the sorted keys of files beside them that do not match it.

    ``paths`` has the path of each file by its stamp. A folder may have very many files of which
    few are new, so a ``SourceFile`` is made only of those that are asked for.
    """

    paths: Mapping[Stamp, str]
    unmatched: list[str]
    pattern: PathPattern

    @property
    def files(self) -> list[SourceFile]:
        """All files, sorted by path."""
        return self.files_without(frozenset())

    def files_without(self, stamps: AbstractSet[Stamp]) -> list[SourceFile]:
        """The files whose stamp is not in ``stamps``, sorted by path."""
        return sorted(self._file(stamp) for stamp in self.paths.keys() - stamps)

    def keys(self) -> frozenset[str]:
        """The keys of all files."""
        return frozenset(key for key, _, _ in self.paths)

    def _file(self, stamp: Stamp) -> SourceFile:
        key, length, modified = stamp
        path = self.paths[stamp]
        time = _EPOCH + datetime.timedelta(microseconds=modified)
        return SourceFile(path, self.pattern.day(path), time, length, key)


def list_files(
    spark: SparkSession, source: FileSource, landing: str, *, where: str | None = None
) -> Listing:
    """All files of the source; an empty folder gives an empty listing.

    Raises UsageError when the folder (the part of the path before ``{date}``) does not exist or
    cannot be listed; ``where`` is the place of the declaration.
    """
    pattern = path_pattern(source.path, landing, source.format, where=where)
    paths: dict[Stamp, str] = {}
    unmatched: list[str] = []
    for path, length, modified in _list(spark, pattern, where):
        if (key := pattern.match_key(path)) is not None:
            paths[key, length, modified] = path
        elif pattern.is_unmatched(path):
            unmatched.append(pattern.key(path))
    return Listing(paths, sorted(unmatched), pattern)


def check_folder(source: FileSource, landing: str, *, where: str | None = None) -> None:
    """Raise UsageError when a local folder of the source does not exist; does not use Spark."""
    pattern = path_pattern(source.path, landing, source.format, where=where)
    local = local_path(pattern.folder)
    if local is not None and not local.exists():
        raise _missing(pattern, where)


def refuse_bad_names(files: Iterable[SourceFile]) -> None:
    """Raise UnreadableFiles for the first file whose name cannot be read."""
    for file in files:
        if (problem := file.name_problem) is not None:
            raise UnreadableFiles(problem, where=file.key)


def literal_path(path: str) -> str:
    """Escape ``path`` for a reader, which would treat ``*``, ``[`` and the like as a glob."""
    return "".join(f"\\{sign}" if sign in r"\{}[]*?" else sign for sign in path)


def _list(spark: SparkSession, pattern: PathPattern, where: str | None) -> Iterable[File]:
    local = local_path(pattern.folder)
    # A folder that this process does not see may exist for Spark: over Connect, in a cluster.
    if local is None or not local.exists():
        return _list_with_spark(spark, pattern, where)
    try:
        files = list(walk(str(local)))
    except PermissionError:
        raise UsageError(
            f"landing folder {pattern.folder} cannot be listed",
            where=where,
            hint="give this user the permission to read it and the folders in it",
        ) from None
    if not pattern.folder.startswith("file:"):
        return files
    return [(f"file:{path}", length, modified) for path, length, modified in files]


def _list_with_spark(
    spark: SparkSession, pattern: PathPattern, where: str | None
) -> Iterator[File]:
    try:
        rows = (
            spark.read.format("binaryFile")
            .option("recursiveFileLookup", "true")
            .load(literal_path(pattern.folder))
            .select("path", "length", F.unix_millis("modificationTime").alias("modified"))
            .collect()  # Over Connect a missing folder raises only here.
        )
    except AnalysisException as problem:
        if problem.getCondition() != "PATH_NOT_FOUND":
            raise
        raise _missing(pattern, where) from None
    return ((row["path"], row["length"], row["modified"] * 1000) for row in rows)


def _missing(pattern: PathPattern, where: str | None) -> UsageError:
    return UsageError(
        f"landing folder {pattern.folder} does not exist",
        where=where,
        hint="put the files there, or name another place with --set landing=DIR",
    )
