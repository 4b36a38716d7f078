"""``format: csv``: delimited text, by default as in RFC 4180."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from lakehouse.sources.formats.format import (
    FileRequest,
    Format,
    InvalidOption,
    OptionCheck,
    check_flag,
    check_text,
    check_whole_number,
)

if TYPE_CHECKING:
    from lakehouse.config.declarations import BronzeTable
    from lakehouse.sources.file_source import FileSource
    from lakehouse.sources.opened import Opened
    from lakehouse.sources.summary import FileSummary

_ENCODINGS = ("UTF-8", "ISO-8859-1", "US-ASCII", "UTF-16", "UTF-16BE", "UTF-16LE", "UTF-32")


def _check_encoding(text: str) -> InvalidOption | None:
    if text.upper() in _ENCODINGS:
        return None
    hint = f"known: {', '.join(_ENCODINGS)}; convert files of another encoding to UTF-8"
    return InvalidOption(f"'{text}' is not an encoding that Spark reads", hint)


def _check_line_end(text: str) -> InvalidOption | None:
    return None if 1 <= len(text) <= 2 else InvalidOption("Spark takes one or two characters")


def _check_character(text: str) -> InvalidOption | None:
    return None if len(text) <= 1 else InvalidOption("Spark takes one character")


def _check_delimiter(text: str) -> InvalidOption | None:
    return None if text else InvalidOption("at least one character is needed")


class Csv(Format):
    """Fields are matched by the header, or by position where there is none."""

    name = "csv"
    extensions = ("csv",)
    options: ClassVar[Mapping[str, OptionCheck]] = {
        "header": check_flag,
        "delimiter": _check_delimiter,
        "sep": _check_delimiter,
        "quote": _check_character,
        "escape": _check_character,
        "comment": _check_character,
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

    def open(self, request: FileRequest) -> list[Opened]:
        """Open the files in a group for each distinct header."""
        from lakehouse.sources.csv.open import open_csv

        return open_csv(request.spark, request.table, request.files)

    def why_not_understood(
        self, summary: FileSummary | None, start: bytes, table: BronzeTable, source: FileSource
    ) -> str | None:
        """The reason, with a hint where another delimiter or encoding would match more columns."""
        from lakehouse.sources.csv.hints import why_not_understood

        return why_not_understood(summary, start, table, source)
