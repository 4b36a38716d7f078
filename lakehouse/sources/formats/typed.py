"""``format: parquet``, ``orc`` and ``avro``: files with typed columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from lakehouse.sources.formats.format import FileRequest, Format

if TYPE_CHECKING:
    from lakehouse.sources.opened import Opened


class Typed(Format):
    """Columns are matched by name; each file has its own schema, and compresses its own blocks."""

    suffixes = ()
    merges_schemas: ClassVar[bool] = True
    """Whether Spark reads files of different schemas together."""
    has_footers: ClassVar[bool] = False
    """Whether a file ends with the number of its rows."""
    module: ClassVar[str | None] = None
    """The module of Spark that reads it, where it is not part of Spark."""

    def open(self, request: FileRequest) -> list[Opened]:
        """Open the files in a group for each schema."""
        from lakehouse.sources.typed_files import open_typed

        return open_typed(request, self)


class Parquet(Typed):
    """Apache Parquet."""

    name = "parquet"
    extensions = ("parquet",)
    has_footers = True


class Orc(Typed):
    """Apache ORC."""

    name = "orc"
    extensions = ("orc",)


class Avro(Typed):
    """Apache Avro, where Spark has its module (``spark-avro``)."""

    name = "avro"
    extensions = ("avro",)
    merges_schemas = False
    module = "org.apache.spark:spark-avro_2.13"
