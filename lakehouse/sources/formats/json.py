"""``format: json``: an object a line, or with ``multiLine: true`` a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from lakehouse.sources.formats.format import Format, OptionCheck, check_flag, check_text

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.types import DataType

    from lakehouse.config.declarations import BronzeTable
    from lakehouse.sources.file_source import FileSource
    from lakehouse.sources.listing import SourceFile
    from lakehouse.sources.opened import Opened


class JsonFormat(Format):
    """Columns are found by their keys."""

    name = "json"
    extensions = ("json", "jsonl", "ndjson")
    options: ClassVar[Mapping[str, OptionCheck]] = {
        "multiLine": check_flag,
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
        """One group."""
        from lakehouse.sources.json_files import open_json

        return open_json(spark, table, files)
