"""``drop``: the column is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakehouse.privacy.treatments.treatment import Treatment

if TYPE_CHECKING:
    from pyspark.sql import Column


@dataclass(frozen=True)
class Drop(Treatment):
    """The column does not leave bronze."""

    word = "drop"
    form = "drop"
    suits_nested = True

    def outputs(self, column: str) -> list[str]:
        """No column."""
        return []

    def apply(self, column: str, value: Column) -> list[Column]:
        """No column."""
        return []
