"""What the report reads a warehouse with."""

from __future__ import annotations

from typing import Protocol

from pyspark.sql import DataFrame


class Reader(Protocol):
    """Whoever gives the pipeline's tables by name."""

    def read(self, table: str) -> DataFrame:
        """The table, whole, as it is now."""

    def exists(self, table: str) -> bool:
        """Whether the table has been written."""
