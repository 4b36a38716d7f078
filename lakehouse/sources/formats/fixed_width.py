"""``format: fixed_width``: each column has its characters in the line (``position:``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from lakehouse.sources.formats import options as checks
from lakehouse.sources.formats.format import FileRequest, Format, Mistake, OptionCheck

if TYPE_CHECKING:
    from lakehouse.config.declarations import BronzeTable
    from lakehouse.sources.file_source import FileSource
    from lakehouse.sources.opened import Opened


class FixedWidth(Format):
    """Blanks around a value are dropped. Characters that no column has are undeclared fields."""

    name = "fixed_width"
    extensions = ("txt", "dat", "fwf", "asc")
    has_positions = True
    options: ClassVar[Mapping[str, OptionCheck]] = checks.LINES

    def check(self, table: BronzeTable, source: FileSource) -> Iterator[Mistake]:
        """Every column needs a position."""
        for name, column in table.columns.items():
            if column.position is None:
                yield Mistake(
                    ("columns", name),
                    f"{name}: a column of fixed width needs its position",
                    "write its first and last character, counted from 1: {position: 12-19}",
                )

    def open(self, request: FileRequest) -> list[Opened]:
        """Open the files as one group."""
        from lakehouse.sources.line_files import open_fixed_width

        return open_fixed_width(request)
