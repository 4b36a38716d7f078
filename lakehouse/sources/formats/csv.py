"""``format: csv``: text with delimiters, by default as RFC 4180 has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from lakehouse.sources.formats.format import (
    Format,
    OptionCheck,
    Wrong,
    check_flag,
    check_text,
    check_whole_number,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.types import DataType

    from lakehouse.config.declarations import BronzeTable
    from lakehouse.sources.file_source import FileSource
    from lakehouse.sources.listing import SourceFile
    from lakehouse.sources.opened import Opened
    from lakehouse.sources.summary import FileSummary

_ENCODINGS = ("UTF-8", "ISO-8859-1", "US-ASCII", "UTF-16", "UTF-16BE", "UTF-16LE", "UTF-32")


def _check_encoding(text: str) -> Wrong | None:
    if text.upper() in _ENCODINGS:
        return None
    hint = f"known: {', '.join(_ENCODINGS)}; convert files of another encoding to UTF-8"
    return Wrong(f"'{text}' is not an encoding that Spark reads", hint)


def _check_line_end(text: str) -> Wrong | None:
    return None if 1 <= len(text) <= 2 else Wrong("Spark takes one or two characters")


def _check_sign(text: str) -> Wrong | None:
    return None if len(text) <= 1 else Wrong("Spark takes one character")


def _check_delimiter(text: str) -> Wrong | None:
    return None if text else Wrong("at least one character is needed")


class Csv(Format):
    """Columns are found by the header, or by their order where there is none."""

    name = "csv"
    extensions = ("csv",)
    options: ClassVar[Mapping[str, OptionCheck]] = {
        "header": check_flag,
        "delimiter": _check_delimiter,
        "sep": _check_delimiter,
        "quote": _check_sign,
        "escape": _check_sign,
        "comment": _check_sign,
        "multiLine": check_flag,
        "lineSep": _check_line_end,
        "encoding": _check_encoding,
        "charset": _check_encoding,
        "nullValue": check_text,
        "maxColumns": check_whole_number,
        "maxCharsPerColumn": check_whole_number,
        "ignoreLeadingWhiteSpace": check_flag,
        "ignoreTrailingWhiteSpace": check_flag,
        "unescapedQuoteHandling": check_text,
        "charToEscapeQuoteEscaping": check_text,
        "dateFormat": check_text,
        "timestampFormat": check_text,
    }

    def open(
        self,
        spark: SparkSession,
        table: BronzeTable,
        source: FileSource,
        files: Sequence[SourceFile],
        types: dict[str, DataType],
    ) -> list[Opened]:
        """A group for each distinct header."""
        from lakehouse.sources.csv.open import open_csv

        return open_csv(spark, table, files)

    def why_not_understood(
        self, summary: FileSummary | None, start: bytes, table: BronzeTable, source: FileSource
    ) -> str | None:
        """With what would have helped, where another delimiter or encoding names more columns."""
        from lakehouse.sources.csv.hints import why_not_understood

        return why_not_understood(summary, start, table, source)
