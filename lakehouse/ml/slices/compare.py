"""The mean loss of some rows against that of the others, by customer, and Holm's correction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from lakehouse.ml.bins import FEWEST_ENTITIES
from lakehouse.ml.cluster_bootstrap import Floats, group_rows
from lakehouse.ml.evaluate import Interval
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
        return _around(self.inside - self.outside, self.se, self.freedom)


class Losses:
    """The losses of rows, and their customers."""

    def __init__(self, losses: Floats, customers: npt.NDArray[np.str_]) -> None:
        self.losses = losses
        self.count, self.place = group_rows(customers)

    def compare(self, mask: Mask) -> Comparison | None:
        """Inside against outside; None where either has fewer than 20 customers."""
        inside, outside = (int(np.unique(self.place[part]).size) for part in (mask, ~mask))
        if min(inside, outside) < FEWEST_ENTITIES:
            return None
        within, rest = float(self.losses[mask].mean()), float(self.losses[~mask].mean())
        moves = np.where(
            mask, (self.losses - within) / mask.sum(), (rest - self.losses) / (~mask).sum()
        )
        return Comparison(within, rest, self._se(moves), inside, min(inside, outside) - 1)

    def mean_of(self, mask: Mask) -> Interval:
        """The mean of the rows inside, with its 95 % interval."""
        mean = float(self.losses[mask].mean())
        moves = np.where(mask, self.losses - mean, 0.0) / mask.sum()
        return _around(mean, self._se(moves), int(np.unique(self.place[mask]).size) - 1)

    def _se(self, moves: Floats) -> float:
        """The standard error of a figure that each row moves by so much; the rows of a customer
        move it together."""
        by_customer = np.bincount(self.place, weights=moves, minlength=self.count)
        return float(np.sqrt(np.square(by_customer).sum()))


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


def _around(estimate: float, se: float, freedom: int) -> Interval:
    reach = float(student.ppf(0.975, freedom)) * se
    return Interval(estimate, estimate - reach, estimate + reach)
