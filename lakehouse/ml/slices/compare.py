"""The mean loss of some rows against that of the others, by customer, and Holm's correction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from lakehouse.ml.bins import FEWEST_ENTITIES
from lakehouse.ml.cluster_bootstrap import Floats, group_rows
from lakehouse.ml.evaluate import Interval, student_interval
from lakehouse.ml.slices.levels import Mask


@dataclass(frozen=True)
class Comparison:
    """The mean loss inside and outside of a slice, and the standard error of the difference.

    ``customers`` are those inside; ``freedom`` are the customers of the smaller side less one.
    """

    inside: float
    outside: float
    se: float
    customers: int
    freedom: int

    @property
    def p(self) -> float:
        """The probability of so large a difference by chance (one-sided, Student's t)."""
        if not self.se > 0:
            return 1.0
        return float(student.sf((self.inside - self.outside) / self.se, self.freedom))

    def interval(self) -> Interval:
        """The difference with its 95 % interval."""
        return student_interval(self.inside - self.outside, self.se, self.freedom)


class Losses:
    """The losses of rows, and their customers."""

    def __init__(self, losses: Floats, customers: npt.NDArray[np.str_]) -> None:
        self.losses = losses
        count, self.place = group_rows(customers)
        self.rows_of = np.bincount(self.place, minlength=count)
        self.sum_of = np.bincount(self.place, weights=losses, minlength=count)

    def compare(self, mask: Mask) -> Comparison | None:
        """Inside against outside; None where either has fewer than 20 customers."""
        rows, sums = self._inside(mask)
        others, rest = self.rows_of - rows, self.sum_of - sums
        inside, outside = int(np.count_nonzero(rows)), int(np.count_nonzero(others))
        if min(inside, outside) < FEWEST_ENTITIES:
            return None
        within, elsewhere = float(sums.sum() / rows.sum()), float(rest.sum() / others.sum())
        # By how much a customer moves the difference: the rows of one move it together.
        moves = (sums - within * rows) / rows.sum() - (rest - elsewhere * others) / others.sum()
        freedom = min(inside, outside) - 1
        return Comparison(within, elsewhere, _norm(moves), inside, freedom)

    def mean_of(self, mask: Mask) -> Interval:
        """The mean of the rows inside, with its 95 % interval."""
        rows, sums = self._inside(mask)
        mean = float(sums.sum() / rows.sum())
        moves = (sums - mean * rows) / rows.sum()
        return student_interval(mean, _norm(moves), int(np.count_nonzero(rows)) - 1)

    def _inside(self, mask: Mask) -> tuple[npt.NDArray[np.int64], Floats]:
        """The rows of each customer inside, and the sum of their losses."""
        count, place = len(self.rows_of), self.place[mask]
        sums: Floats = np.bincount(place, weights=self.losses[mask], minlength=count).astype(float)
        return np.bincount(place, minlength=count), sums


def holm(values: Sequence[float]) -> list[float]:
    """p-values corrected by the method of Holm (1979), in the given order.

    Example: 0.01, 0.04, 0.03 become 0.03, 0.06, 0.06: the smallest is multiplied by 3, the next by
    2, the last by 1, and none is smaller than the one before it.
    """
    order = sorted(range(len(values)), key=lambda place: values[place])
    corrected, highest = [0.0] * len(values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(values) - rank) * values[place]))
        corrected[place] = highest
    return corrected


def _norm(moves: Floats) -> float:
    return float(np.sqrt(np.square(moves).sum()))
