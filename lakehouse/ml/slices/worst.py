"""The slices with the largest errors, searched on half of the customers, confirmed on the others.

Hundreds of slices are compared, so that some look bad by chance. The search therefore sees one half
of the hold-out's customers only. The few slices that it proposes are tested on the other half, and
their p-values are corrected for their number (Holm 1979), so that the probability of any false
find is at most ``FAMILY_ERROR``, whatever the search did. Sizes of errors are those of the second
half: on the first they would be too large, since the largest ones were chosen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product

import numpy as np
import numpy.typing as npt
import pandas as pd

from lakehouse.ml.cluster_bootstrap import Floats
from lakehouse.ml.evaluate import Interval
from lakehouse.ml.slices.compare import Comparison, Losses, holm
from lakehouse.ml.slices.levels import Mask, SliceColumn

FAMILY_ERROR = 0.05
MOST_PROPOSED = 10
MOST_PAIRED = 12
"""Pairs are formed of the first so many columns: their number grows with the square."""
_SAME = 0.8
"""A slice that shares this much of the smaller of two is not proposed beside a worse one."""


@dataclass(frozen=True)
class WorstSlice:
    """A slice whose rows have larger errors than the others, on the confirming half.

    ``gap`` is ``loss - loss_elsewhere``, and ``excess`` is ``loss`` less what the scores of the
    slice expect of themselves (None where scores do not say how certain they are), both with their
    95 % intervals by customer. Where the excess may be 0, the model knows that the slice is hard;
    otherwise it is more certain there than it should be. ``p`` belongs to the gap, corrected for
    the number of proposed slices.
    """

    conditions: tuple[tuple[str, str], ...]
    rows: int
    customers: int
    loss: float
    loss_elsewhere: float
    gap: Interval
    excess: Interval | None
    p: float

    @property
    def name(self) -> str:
        """``region: north, orders: ≤ 3``."""
        return ", ".join(f"{column}: {level}" for column, level in self.conditions)


@dataclass(frozen=True)
class WorstSlices:
    """How many slices were ``searched`` and ``proposed``, and those that were confirmed, the
    largest gap first."""

    searched: int = 0
    proposed: int = 0
    confirmed: tuple[WorstSlice, ...] = field(default=())


def worst_slices(
    rows: pd.DataFrame,
    losses: Floats,
    customers: npt.ArrayLike,
    columns: Sequence[SliceColumn],
    *,
    expected: Floats | None = None,
) -> WorstSlices:
    """Search slices by one column and by pairs of columns, and confirm the worst.

    ``losses`` is the loss of each row, ``expected`` the one that its score expects. Pairs are of
    the first ``MOST_PAIRED`` columns. Slices have at least 20 customers in each half.
    """
    people = np.asarray(customers).astype(str)
    first = _is_in_first_half(people)
    levels = _Levels(columns, rows)
    search = Losses(losses[first], people[first])
    confirm = Losses(losses[~first], people[~first])
    compared = [
        (conditions, found)
        for conditions in levels.candidates()
        if (found := search.compare(levels.mask(conditions)[first])) is not None
    ]
    proposed = _propose(compared, levels)
    tested = [
        (conditions, found)
        for conditions in proposed
        if (found := confirm.compare(levels.mask(conditions)[~first])) is not None
    ]
    corrected = holm([found.p for _, found in tested])
    beyond = None if expected is None else Losses((losses - expected)[~first], people[~first])
    confirmed = [
        _worst(levels, conditions, ~first, found, p, beyond)
        for (conditions, found), p in zip(tested, corrected, strict=True)
        if p <= FAMILY_ERROR
    ]
    confirmed.sort(key=lambda found: -found.gap.estimate)
    return WorstSlices(len(compared), len(proposed), tuple(confirmed))


_Conditions = tuple[tuple[int, int], ...]
"""The places of columns, each with the place of its level."""


class _Levels:
    """The level of each row in each column."""

    def __init__(self, columns: Sequence[SliceColumn], rows: pd.DataFrame) -> None:
        self.names = [column.name for column in columns]
        self.labels = [column.labels for column in columns]
        self.codes = [column.codes(rows) for column in columns]

    def candidates(self) -> Iterator[_Conditions]:
        """Every level of every column, then every pair of levels of two columns."""
        levels = [range(len(labels)) for labels in self.labels]
        for place, of_column in enumerate(levels):
            yield from (((place, level),) for level in of_column)
        for one, other in combinations(range(min(len(levels), MOST_PAIRED)), 2):
            for level, second in product(levels[one], levels[other]):
                yield (one, level), (other, second)

    def mask(self, conditions: _Conditions) -> Mask:
        """The rows that meet all conditions."""
        mask: Mask = np.logical_and.reduce(
            [self.codes[place] == level for place, level in conditions]
        )
        return mask

    def words(self, conditions: _Conditions) -> tuple[tuple[str, str], ...]:
        """The names of columns and levels."""
        return tuple((self.names[place], self.labels[place][level]) for place, level in conditions)


def _propose(
    compared: Sequence[tuple[_Conditions, Comparison]], levels: _Levels
) -> list[_Conditions]:
    """The most certain ones, without those that are about the same rows."""
    ranked = sorted(compared, key=lambda given: (given[1].p, len(given[0])))
    proposed: list[_Conditions] = []
    taken: list[Mask] = []
    for conditions, found in ranked:
        if found.p > FAMILY_ERROR or len(proposed) == MOST_PROPOSED:
            break
        mask = levels.mask(conditions)
        if not any(_share_rows(mask, other) for other in taken):
            proposed.append(conditions)
            taken.append(mask)
    return proposed


def _share_rows(mask: Mask, other: Mask) -> bool:
    return bool((mask & other).sum() >= _SAME * min(mask.sum(), other.sum()))


def _worst(
    levels: _Levels,
    conditions: _Conditions,
    half: Mask,
    found: Comparison,
    p: float,
    beyond: Losses | None,
) -> WorstSlice:
    mask = levels.mask(conditions)
    return WorstSlice(
        levels.words(conditions),
        rows=int((mask & half).sum()),
        customers=found.customers,
        loss=found.inside,
        loss_elsewhere=found.outside,
        gap=found.interval(),
        excess=None if beyond is None else beyond.mean_of(mask[half]),
        p=p,
    )


def _is_in_first_half(customers: npt.NDArray[np.str_]) -> Mask:
    """Half of the customers, by a hash that is not the one of the split."""
    halves = {
        name: hashlib.blake2b(str(name).encode(), digest_size=1, person=b"worst_slices").digest()[0]
        for name in set(customers)
    }
    first = (halves[name] < 128 for name in customers)
    return np.fromiter(first, dtype=bool, count=len(customers))
