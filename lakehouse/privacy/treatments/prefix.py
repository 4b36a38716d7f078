"""``{prefix: N}``: the first N characters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakehouse.config.late_spark import F
from lakehouse.privacy.treatments.treatment import Mistake, Treatment

if TYPE_CHECKING:
    from pyspark.sql import Column


@dataclass(frozen=True)
class Prefix(Treatment):
    """``length`` is in characters, after leading blanks are removed."""

    length: int

    word = "prefix"
    form = "{prefix: N}"
    has_parameter = True

    @classmethod
    def read(cls, kind: str, given: Mapping[str, Any]) -> Treatment | list[Mistake]:
        """Read a whole number of at least 1."""
        length = given["prefix"]
        if isinstance(length, int) and not isinstance(length, bool) and length >= 1:
            return cls(length)
        message = f"prefix of {kind} must be a whole number of characters, at least 1"
        return [Mistake("prefix", message)]

    @property
    def text(self) -> str:
        """``prefix 2``."""
        return f"prefix {self.length}"

    def __str__(self) -> str:
        return f"first {self.length} characters"

    def apply(self, column: str, value: Column) -> list[Column]:
        """The first characters of the value as text."""
        return [F.substring(F.ltrim(value.cast("string")), 1, self.length)]
