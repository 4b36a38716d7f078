"""``format: parquet``: typed columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lakehouse.sources.formats.format import Format

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.types import DataType

    from lakehouse.config.declarations import BronzeTable
    from lakehouse.sources.file_source import FileSource
    from lakehouse.sources.listing import SourceFile
    from lakehouse.sources.opened import Opened


class Parquet(Format):
    """Columns are matched by name; each file has its own schema."""

    name = "parquet"
    extensions = ("parquet",)

    def open(
        self,
        spark: SparkSession,
        table: BronzeTable,
        source: FileSource,
        files: Sequence[SourceFile],
        types: dict[str, DataType],
    ) -> list[Opened]:
        """Open the files in a group for each schema."""
        from lakehouse.sources.file_source import refuse_invalid_options
        from lakehouse.sources.parquet_files import open_parquet

        refuse_invalid_options(table)
        return open_parquet(spark, files, types)
