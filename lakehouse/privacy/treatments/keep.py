"""``keep``: the value is unchanged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakehouse.privacy.treatments.treatment import Treatment

if TYPE_CHECKING:
    from pyspark.sql import Column


@dataclass(frozen=True)
class Keep(Treatment):
    """For columns that hold no personal data."""

    word = "keep"
    form = "keep"
    suits_nested = True

    def apply(self, column: str, value: Column) -> list[Column]:
        """The value, with its type."""
        return [value]
