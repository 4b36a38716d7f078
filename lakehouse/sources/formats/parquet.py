"""``format: parquet``: typed columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakehouse.sources.formats.format import FileRequest, Format

if TYPE_CHECKING:
    from lakehouse.sources.opened import Opened


class Parquet(Format):
    """Columns are matched by name; each file has its own schema."""

    name = "parquet"
    extensions = ("parquet",)

    def open(self, request: FileRequest) -> list[Opened]:
        """Open the files in a group for each schema."""
        from lakehouse.sources.parquet_files import open_parquet

        return open_parquet(request.spark, request.files, request.types)
