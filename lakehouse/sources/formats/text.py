"""``format: text``: a regular expression takes the columns from each line, as of a server's log."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from lakehouse.config.yaml_file import did_you_mean
from lakehouse.sources.formats import options as checks
from lakehouse.sources.formats.format import FileRequest, Format, Mistake, OptionCheck

if TYPE_CHECKING:
    from lakehouse.config.declarations import BronzeTable
    from lakehouse.sources.file_source import FileSource
    from lakehouse.sources.opened import Opened


class Text(Format):
    """The named groups of ``pattern`` are the fields; the whole line has to match."""

    name = "text"
    extensions = ("log", "txt")
    options: ClassVar[Mapping[str, OptionCheck]] = {
        "pattern": checks.check_pattern,
        **checks.LINES,
    }

    def check(self, table: BronzeTable, source: FileSource) -> Iterator[Mistake]:
        """The pattern is required, and every column needs a group of its name."""
        pattern = source.options.get("pattern")
        if pattern is None:
            yield Mistake(
                ("source",),
                "a text source needs the option 'pattern'",
                r"name the columns in it: (?<client>\S+) (?<status>\d{3})",
            )
            return
        if checks.check_pattern(pattern):
            return  # Reported with the options.
        groups = list(re.compile(checks.python_pattern(pattern)).groupindex)
        for name, column in table.columns.items():
            field = column.field or name
            if field not in groups:
                near = did_you_mean(field, groups)
                yield Mistake(("columns", name), f"{name}: no group '{field}' in pattern{near}")

    def open(self, request: FileRequest) -> list[Opened]:
        """Open the files as one group."""
        from lakehouse.sources.line_files import open_text

        return open_text(request)
