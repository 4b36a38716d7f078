"""The header of each CSV file, from its first bytes."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence

from pyspark.sql import SparkSession

from lakehouse.sources.beginnings import beginnings
from lakehouse.sources.compression import unpack
from lakehouse.sources.csv.dialect import Dialect
from lakehouse.sources.csv.records import records
from lakehouse.sources.listing import SourceFile, literal_path
from lakehouse.sources.text_files import allow_encoding

Header = tuple[str, ...]
_PREFIX = 16 * 1024  # bytes of a file that are searched for the header


def headers(
    spark: SparkSession, files: Sequence[SourceFile], dialect: Dialect
) -> dict[str, Header]:
    """The header by key: the trimmed cells of the first non-blank line. Blank files have no entry.

    Raises Spark's own error for a damaged file.
    """
    starts = beginnings(spark, files, _PREFIX)
    by_key: dict[str, Header] = {}
    for file in files:
        header = _header_in_start(file, starts.get(file.key), dialect)
        cells = _header_by_spark(spark, file, dialect) if header is None else header
        if cells:
            by_key[file.key] = tuple(cell.strip().removeprefix("\ufeff").strip() for cell in cells)
    return by_key


def names_of(header: Header) -> Header:
    """The cells as column names: ``_c<position>`` for an empty cell; a repeated name gets its
    position as a suffix, since it is ambiguous."""
    names = [cell or f"_c{position}" for position, cell in enumerate(header)]
    counts = Counter(names)
    return tuple(name if counts[name] == 1 else f"{name}{i}" for i, name in enumerate(names))


def first_record(text: str, dialect: Dialect, *, complete: bool) -> list[str] | None:
    """The fields of the first non-blank line; [] where there is none, None where the text is cut
    before its end. ``complete`` says that the text is not cut."""
    delimiter, comment = dialect.delimiter, dialect.options.get("comment")
    if len(delimiter) > 1:
        text, delimiter = text.replace(delimiter, "\u001f"), "\u001f"
    lines = io.StringIO(text, newline="")
    # A NUL switches quoting off: it does not occur in text.
    reader = csv.reader(lines, delimiter=delimiter, quotechar=dialect.quote or "\0")
    try:
        for record in reader:
            if "".join(record).strip() and not (comment and record[0].startswith(comment)):
                return record if complete or lines.tell() < len(text) else None
    except csv.Error:
        return None  # A field longer than Python's reader allows.
    return [] if complete else None


def without_first_lines(text: str, dialect: Dialect) -> str | None:
    """The text behind the lines that are skipped, with LF for a declared line end; None where it is
    cut before the end of these lines."""
    if dialect.line_end:
        text = text.replace(dialect.line_end, "\n")
    for _ in range(dialect.skip_lines):
        line_and_rest = re.split("\r\n|\n|\r", text, maxsplit=1)
        if len(line_and_rest) == 1:
            return None
        text = line_and_rest[1]
    return text


def _header_in_start(file: SourceFile, start: bytes | None, dialect: Dialect) -> list[str] | None:
    content = None if start is None else unpack(file.key, start)
    if start is None or content is None:
        return None  # Spark reads the file instead, and reports what is wrong with it.
    text = content.decode(dialect.encoding, errors="replace").removeprefix("\ufeff")
    rest = without_first_lines(text, dialect)
    return None if rest is None else first_record(rest, dialect, complete=len(start) < _PREFIX)


def _header_by_spark(spark: SparkSession, file: SourceFile, dialect: Dialect) -> list[str]:
    if dialect.is_split_here:
        lines = records(spark, dialect, [file], width=0, header=False).limit(1).collect()
        return first_record(lines[0]["raw"], dialect, complete=True) or [] if lines else []
    allow_encoding(spark, dialect.encoding)
    options = {**dialect.record_options, **dialect.file_options, "header": "false"}
    options["multiLine"] = str(dialect.is_multi_line).lower()
    frame = spark.read.options(**options).csv(literal_path(file.path))
    for row in frame.limit(_PREFIX).toLocalIterator() if frame.columns else ():
        if "".join(cell or "" for cell in row).strip():
            return [cell or "" for cell in row]
    return []
