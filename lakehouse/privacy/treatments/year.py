"""``year``: the year of a date, an integer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakehouse.config.late_spark import F
from lakehouse.privacy.treatments.treatment import Treatment

if TYPE_CHECKING:
    from pyspark.sql import Column

_YEAR = r"^\s*(\d{4})(?:-\d{1,2}(?:-\d{1,2}.*)?)?\s*$"


@dataclass(frozen=True)
class Year(Treatment):
    """For dates, timestamps, and text that begins with a date."""

    word = "year"
    form = "year"

    def apply(self, column: str, value: Column) -> list[Column]:
        """The year; NULL for text that is not a date."""
        return [F.regexp_extract(value.cast("string"), _YEAR, 1).try_cast("int")]
