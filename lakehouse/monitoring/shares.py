"""Shares of odd values: missing, infinite, unseen, or outside the range of training.

A column with 3 % of NaN may have a small PSI, and still be worth a look. A share counts where it is
more than ``NOTABLE`` above that of training, and more than chance puts there; from ``MAJOR`` on it
is an alarm.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lakehouse.ml.bins import LevelBins
from lakehouse.ml.counts import Counts
from lakehouse.ml.psi import CHANCE
from lakehouse.ml.reference import ColumnReference

What = Literal["missing", "nan", "infinite", "unseen", "out_of_range"]
NOTABLE, MAJOR = 0.01, 0.1
"""Of the rows of the day, above the share at training."""
TESTS = 3
"""The shares of one column that are tested: missing, infinite, and unseen or out of range."""


@dataclass(frozen=True)
class OddShare:
    """A share of the day's rows that is larger than at training, and by how much."""

    what: What
    share: float
    increase: float

    @property
    def is_major(self) -> bool:
        """Whether it is an alarm."""
        return self.increase >= MAJOR


def odd_shares(
    reference: ColumnReference, counts: Counts, *, comparisons: float
) -> Iterator[OddShare]:
    """The shares of a column that have risen, of ``comparisons`` columns that share ``CHANCE``."""
    chance = CHANCE / comparisons / TESTS
    trained, rows = reference.counts.rows, counts.rows
    empty = counts.missing + counts.nan
    values: dict[What, tuple[int, int]] = {"missing": (reference.counts.missing, empty)}
    if counts.nan:
        # Included in the former: at training NaN cannot be told from NULL.
        values["nan"] = (reference.counts.missing, counts.nan)
    if isinstance(reference.bins, LevelBins):
        values["unseen"] = (reference.counts.bins[-1], counts.bins[-1])
    else:
        values["infinite"] = (reference.counts.infinite, counts.infinite)
    for what, (before, now) in values.items():
        share = now / rows
        increase = share - (before / trained if trained else 0.0)
        if increase > NOTABLE and _is_beyond(before, trained, now, rows, chance):
            yield OddShare(what, share, increase)
    if has_left_range(reference, counts, chance):
        share = counts.out_of_range / rows
        yield OddShare("out_of_range", share, share)


def _is_beyond(before: int, trained: int, now: int, rows: int, chance: float) -> bool:
    """Whether so many of the odd values would be on the day with a probability below ``chance``.

    Without a change, which of all rows are odd is drawn blindly: hypergeometric (R. Fisher, The
    Design of Experiments, 1935).
    """
    from scipy.stats import hypergeom

    return bool(hypergeom.sf(now - 1, trained + rows, before + now, rows) < chance)


def has_left_range(reference: ColumnReference, counts: Counts, chance: float) -> bool:
    """Whether more than ``NOTABLE`` of the numbers are outside the range of training, and more than
    chance puts there.

    For n values at training and m on the day from the same distribution, the number outside is
    beta-binomial with m, 2 and n - 1, whatever the distribution (S. Wilks, Determination of Sample
    Sizes for Setting Tolerance Limits, 1941). The rounded range makes it smaller, and so does the
    range of all rows for a segment.
    """
    from scipy.stats import betabinom

    trained, numbers = sum(reference.counts.bins), sum(counts.bins)
    outside = counts.out_of_range
    if trained < 2 or outside <= NOTABLE * max(numbers, 1):
        return False
    return bool(betabinom.sf(outside - 1, numbers, 2, trained - 1) < chance)
