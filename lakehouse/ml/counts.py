"""The rows of a column in the bins of its reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lakehouse.ml.bins import INFINITE, MISSING, NAN, OUT_OF_RANGE, Bins


@dataclass(frozen=True)
class Counts:
    """Rows per bin. ``missing`` (NULL), ``nan`` and ``infinite`` have no bin; ``out_of_range`` are
    also counted in their bins. Every row is in exactly one of ``bins``, ``missing``, ``nan`` and
    ``infinite``."""

    bins: tuple[int, ...]
    missing: int = 0
    nan: int = 0
    infinite: int = 0
    out_of_range: int = 0

    @classmethod
    def of(cls, by_bin: Mapping[int, int], bins: Bins) -> Counts:
        """From the number of rows for each bin's number."""
        return cls(
            tuple(int(by_bin.get(place, 0)) for place in range(len(bins))),
            int(by_bin.get(MISSING, 0)),
            int(by_bin.get(NAN, 0)),
            int(by_bin.get(INFINITE, 0)),
            int(by_bin.get(OUT_OF_RANGE, 0)),
        )

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(self.bins) + self.missing + self.nan + self.infinite

    def parts(self) -> list[int]:
        """The counts that are compared: each bin, infinite values, and missing ones, which include
        NaN, since pandas tells no NULL from NaN and a model imputes both."""
        return [*self.bins, self.infinite, self.missing + self.nan]
