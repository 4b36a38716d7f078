"""The header of each CSV file, read without reading the files."""

from __future__ import annotations

import csv
import io
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.sources.listing import SourceFile, literal_path

Header = tuple[str, ...]
_PREFIX = 16 * 1024  # bytes of a file that are looked at
_WHOLE = 16 * 1024 * 1024  # bytes; a larger file is not loaded for its first line


def headers(
    spark: SparkSession, files: Sequence[SourceFile], options: Mapping[str, str]
) -> dict[str, Header]:
    """Header by path, names trimmed; a file without a line has none.

    A name that is empty becomes ``_c<position>``; one that stands twice gets its position, since
    nobody can tell which is meant. A damaged file raises Spark's own error.
    """
    small = [file.path for file in files if file.length <= _WHOLE]
    found: dict[str, Header] = {}
    unsure = [file.path for file in files if file.length > _WHOLE]
    for path, start in _starts(spark, small):
        text = _text(path, start, options)
        whole = len(start) < _PREFIX
        header = None if text is None else _first_record(text, options, complete=whole)
        if header is None:
            unsure.append(path)
        elif header:
            found[path] = _named(header)
    return found | {path: _asked(spark, path, options) for path in unsure}


def _starts(spark: SparkSession, paths: list[str]) -> list[tuple[str, bytes]]:
    if not paths:
        return []
    files = spark.read.format("binaryFile").load([literal_path(path) for path in paths])
    rows = files.select("path", F.substring("content", 1, _PREFIX).alias("start")).collect()
    return [(row["path"], bytes(row["start"])) for row in rows]


def _text(path: str, start: bytes, options: Mapping[str, str]) -> str | None:
    if path.lower().endswith(".gz"):
        try:
            start = zlib.decompressobj(wbits=31).decompress(start)
        except zlib.error:
            return None  # Spark is asked, and says what is wrong with the file.
    encoding = options.get("encoding", options.get("charset", "utf-8"))
    return start.decode(encoding, errors="replace").removeprefix("\ufeff")


def _first_record(text: str, options: Mapping[str, str], *, complete: bool) -> list[str] | None:
    """The fields of the first line with content; [] for none, None if it does not end in view."""
    lines = io.StringIO(text, newline="")
    comment = options.get("comment")
    reader = csv.reader(
        lines,
        delimiter=options.get("delimiter", options.get("sep", ","))[:1],
        quotechar=options.get("quote", '"') or '"',
    )
    for record in reader:
        if "".join(record).strip() and not (comment and record[0].startswith(comment)):
            return record if complete or lines.tell() < len(text) else None
    return [] if complete else None


def _asked(spark: SparkSession, path: str, options: Mapping[str, str]) -> Header:
    return _named(spark.read.options(**options).csv(literal_path(path)).columns)


def _named(fields: Sequence[str]) -> Header:
    names = [field.strip().removeprefix("\ufeff") or f"_c{i}" for i, field in enumerate(fields)]
    often = Counter(names)
    return tuple(name if often[name] == 1 else f"{name}{i}" for i, name in enumerate(names))
