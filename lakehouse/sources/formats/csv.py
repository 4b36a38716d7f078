"""``format: csv``: delimited text, by default as in RFC 4180."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from lakehouse.sources.formats import options as checks
from lakehouse.sources.formats.format import FileRequest, Format, Mistake, OptionCheck

if TYPE_CHECKING:
    from lakehouse.config.declarations import BronzeTable
    from lakehouse.sources.file_source import FileSource
    from lakehouse.sources.opened import Opened
    from lakehouse.sources.summary import FileSummary


class Csv(Format):
    """Fields are matched by the header, or by position where there is none."""

    name = "csv"
    extensions = ("csv",)
    options: ClassVar[Mapping[str, OptionCheck]] = {
        "header": checks.check_flag,
        "skipLines": checks.check_count,
        "delimiter": checks.check_some_text,
        "sep": checks.check_some_text,
        "quote": checks.check_character,
        "escape": checks.check_character,
        "comment": checks.check_character,
        "multiLine": checks.check_flag,
        "lineSep": checks.check_some_text,
        "encoding": checks.check_encoding,
        "charset": checks.check_encoding,
        "nullValue": checks.check_text,
        "maxColumns": checks.check_whole_number,
        "maxCharsPerColumn": checks.check_whole_number,
        "ignoreLeadingWhiteSpace": checks.check_flag,
        "ignoreTrailingWhiteSpace": checks.check_flag,
        "unescapedQuoteHandling": checks.check_text,
        "charToEscapeQuoteEscaping": checks.check_text,
        "dateFormat": checks.check_text,
        "timestampFormat": checks.check_text,
    }

    def check(self, table: BronzeTable, source: FileSource) -> Iterator[Mistake]:
        """Records of several lines cannot be found where lines are skipped or end unusually."""
        options = source.options
        if options.get("multiLine", "").lower() == "true":
            is_long = len(options.get("lineSep", "")) > 2
            for name in ("skipLines", *(["lineSep"] if is_long else [])):
                if name in options:
                    yield Mistake(
                        ("source", "options", name),
                        f"{name} cannot be combined with multiLine: true",
                        "leave one of them out",
                    )

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
