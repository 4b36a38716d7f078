"""Text files as lines or whole, in any encoding that the JVM knows, compressed or not.

Spark's own reader of text knows UTF-8 only. Its CSV reader decodes every encoding, and with a
separator that does not occur in text it returns each line, or each file, as one field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.sources.formats.options import BUILT_IN_ENCODINGS

CORRUPT = "_corrupt"
_UNIT_SEPARATOR = "\u001f"  # Does not occur in text files, and neither does the next.
_RECORD_SEPARATOR = "\u001e"
_ANY_LINE_END = "\r\n|\n|\r"


def read_lines(
    spark: SparkSession, paths: Sequence[str], *, encoding: str, line_end: str | None = None
) -> DataFrame:
    """``line``: the lines of the files that are not blank, each file in parallel.

    Without ``line_end``, LF, CR and CRLF are all recognized. A byte that is invalid in the encoding
    becomes U+FFFD. ``encoding`` must not be wide (see ``is_wide``).
    """
    options = {"encoding": encoding} | ({"lineSep": line_end} if line_end else {})
    return read_one_field(spark, paths, options).select(F.coalesce(CORRUPT, "text").alias("line"))


def read_texts(spark: SparkSession, paths: Sequence[str], *, encoding: str) -> DataFrame:
    """``text``: the whole text of each file, read by a single task; without empty files."""
    options = {"encoding": encoding, "multiLine": "true", "lineSep": _RECORD_SEPARATOR}
    return read_one_field(spark, paths, options).select(F.coalesce(CORRUPT, "text").alias("text"))


def is_split_here(*, skip: int, line_end: str | None) -> bool:
    """Whether files are read as texts and split into lines here: Spark's reader of lines skips
    none, and takes line ends of at most two characters."""
    return skip > 0 or len(line_end or "") > 2


def split_lines(
    texts: DataFrame, *, line_end: str | None, skip: int = 0, comment: str | None = None
) -> DataFrame:
    """Grain: one row per line of ``text`` that is neither blank nor a comment, as ``line``.

    ``skip`` lines of each file are left out first, blank ones included. Adds ``line_number``, from
    0, of the lines that are left. Other columns are kept.
    """
    end = re.escape(line_end) if line_end else _ANY_LINE_END
    lines = F.slice(F.split("text", end), F.lit(skip + 1), F.lit(2**31 - 1 - skip))
    content = F.filter(lines, lambda line: F.btrim(line, F.lit(" \t\ufeff")) != "")
    if comment:
        content = F.filter(content, lambda line: ~line.startswith(comment))
    others = texts.drop("text").columns
    return texts.select(*others, F.posexplode(content).alias("line_number", "line"))


def is_wide(encoding: str) -> bool:
    """Whether every character takes two bytes or more in this encoding.

    Spark splits lines at the byte of a line feed, which then is also half of other characters, so
    such files are read whole.
    """
    return encoding.lower().startswith(("utf-16", "utf-32"))


def read_one_field(
    spark: SparkSession, paths: Sequence[str], options: Mapping[str, str]
) -> DataFrame:
    """Each record as one field: ``text``, or ``_corrupt`` where it holds the unit separator.

    ``options`` are those of Spark's CSV reader.
    """
    allow_encoding(spark, options["encoding"])
    reader = spark.read.options(header="false", mode="PERMISSIVE", columnPruning="false")
    reader = reader.options(sep=_UNIT_SEPARATOR, quote="", maxCharsPerColumn="-1")
    reader = reader.options(columnNameOfCorruptRecord=CORRUPT).options(**options)
    return reader.schema(f"text string, {CORRUPT} string").csv(list(paths))


def allow_encoding(spark: SparkSession, encoding: str) -> None:
    """Let this session read an encoding that Spark knows from the JVM only."""
    if encoding.upper() not in BUILT_IN_ENCODINGS:
        spark.conf.set("spark.sql.legacy.javaCharsets", "true")
