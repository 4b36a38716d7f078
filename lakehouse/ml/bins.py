"""Bins of a feature, frozen at training: counts of later days are compared bin by bin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_BINS = 10
MOST_LEVELS = 20
FEWEST_ENTITIES = 20
"""A level of fewer customers than this could identify one of them: it is pooled."""
MISSING, NAN, INFINITE, OUT_OF_RANGE = -1, -2, -3, -4
"""Bins of values without a place in the order. ``OUT_OF_RANGE`` also counts values of real bins."""


@dataclass(frozen=True)
class NumericBins:
    """``len(edges) + 1`` bins, each without its lower and with its upper edge.

    ``lowest`` and ``highest`` are the range of the training rows, rounded outward to two digits, so
    that they are not the value of one customer. Without a finite value in training there is one
    bin and no range.
    """

    edges: tuple[float, ...] = ()
    lowest: float | None = None
    highest: float | None = None

    def __len__(self) -> int:
        return len(self.edges) + 1

    def labels(self) -> list[str]:
        """The bins in words, such as ``≤ 3`` and ``3 to 8``."""
        if not self.edges:
            return ["all"]
        texts = [f"{edge:.4g}" for edge in self.edges]
        between = [f"{low} to {high}" for low, high in pairwise(texts)]
        return [f"≤ {texts[0]}", *between, f"> {texts[-1]}"]

    def assign(self, values: Floats) -> Ints:
        """The bin of each value; NaN is ``NAN`` and ±infinity ``INFINITE``."""
        bins = np.searchsorted(np.asarray(self.edges), values, side="left").astype(np.int64)
        bins[np.isinf(values)] = INFINITE
        bins[np.isnan(values)] = NAN
        return bins

    def is_out_of_range(self, values: Floats) -> npt.NDArray[np.bool_]:
        """Which finite values are outside the range of training; none without a range."""
        if self.lowest is None or self.highest is None:
            return np.zeros(len(values), dtype=bool)
        return np.isfinite(values) & ((values < self.lowest) | (values > self.highest))


@dataclass(frozen=True)
class LevelBins:
    """A bin for each of ``levels``, and a last one for rare and unseen levels together."""

    levels: tuple[str, ...] = ()
    _places: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        places = {level: place for place, level in enumerate(self.levels)}
        object.__setattr__(self, "_places", places)

    def __len__(self) -> int:
        return len(self.levels) + 1

    def labels(self) -> list[str]:
        """The levels, then ``(rare or unseen)``."""
        return [*self.levels, "(rare or unseen)"]

    def assign(self, values: Sequence[str | None]) -> Ints:
        """The bin of each value; NULL is ``MISSING``."""
        other = len(self.levels)
        places = (MISSING if value is None else self._places.get(value, other) for value in values)
        return np.fromiter(places, dtype=np.int64, count=len(values))


Bins = NumericBins | LevelBins


def numeric_bins(values: npt.ArrayLike, most: int = MOST_BINS) -> NumericBins:
    """At most ``most`` bins with about equal numbers of rows, as far as ties permit.

    A value that fills a bin alone gets its own, so that a flag of two values keeps both. A constant
    has empty bins below and above it, so that another value is noticed. NaN and infinite values
    are ignored.
    """
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if known.size == 0:
        return NumericBins()
    distinct, counts = np.unique(known, return_counts=True)
    low, high = _round_outward(distinct[0], -1), _round_outward(distinct[-1], 1)
    if len(distinct) == 1:
        value = float(distinct[0])
        return NumericBins((float(np.nextafter(value, -np.inf)), value), low, high)
    return NumericBins(_edges(distinct, counts, most), low, high)


def _edges(distinct: Floats, counts: npt.NDArray[np.intp], most: int) -> tuple[float, ...]:
    target = counts.sum() / most
    edges: list[float] = []
    sizes: list[int] = []
    size = 0
    for value, count in zip(distinct, counts, strict=True):
        if size and count >= target:  # It fills a bin alone; what came before is closed.
            # Just below the heavy value, so that the edge is not the value of a single row.
            edges.append(float(np.nextafter(value, -np.inf)))
            sizes.append(size)
            size = 0
        size += int(count)
        if size >= target:
            edges.append(float(value))
            sizes.append(size)
            size = 0
    if size == 0:
        edges.pop()  # The last bin is open above.
    else:
        sizes.append(size)
    return _merge_smallest(edges, sizes, most)


def _merge_smallest(edges: list[float], sizes: list[int], most: int) -> tuple[float, ...]:
    while len(sizes) > most:
        sums = [left + right for left, right in pairwise(sizes)]
        place = int(np.argmin(sums))
        sizes[place : place + 2] = [sums[place]]
        del edges[place]
    return tuple(edges)


def level_bins(
    values: pd.Series, entities: pd.Series, most: int = MOST_LEVELS, *, fewest_rows: int = 0
) -> LevelBins:
    """The most frequent levels that have at least ``FEWEST_ENTITIES`` entities and ``fewest_rows``
    rows, at most ``most``; the others are pooled and not named. NULL is not a level."""
    known = values.notna()
    names = values[known].astype(str)
    table = pd.DataFrame({"level": names, "entity": entities[known]})
    grouped = table.groupby("level")["entity"].agg(["size", "nunique"]).reset_index()
    safe = grouped[(grouped["nunique"] >= FEWEST_ENTITIES) & (grouped["size"] >= fewest_rows)]
    ordered = safe.sort_values(["size", "level"], ascending=[False, True])
    return LevelBins(tuple(sorted(ordered["level"].head(most))))


def _round_outward(value: float, direction: int) -> float:
    """Two significant digits, up (``direction`` 1) or down (-1): 1234 to 1300 or 1200."""
    if value == 0:
        return 0.0
    digits = int(np.floor(np.log10(abs(value)))) - 1
    rounded = round(float(value), -digits)
    if (rounded - value) * direction < 0:
        rounded = round(rounded + direction * 10.0**digits, -digits)
    # A value beyond the range of rounding, such as 1e308, keeps itself.
    return rounded if np.isfinite(rounded) else float(value)
