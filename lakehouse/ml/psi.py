"""The population stability index (PSI) of counts per bin, and how much of it is chance.

For a feature it is also called the characteristic stability index (CSI); the formula is the same.
With e and a as the shares of bin i at training and on a later day,

    PSI = Σ (a_i - e_i) · ln(a_i / e_i)

(N. Siddiqi, Credit Risk Scorecards, 2006, "system stability report"; it is the symmetric
Kullback-Leibler divergence). By its rule of thumb, a PSI below 0.1 is not worth a look, and one
above 0.25 is a major change. Without any change PSI / (1/n + 1/m) has about a chi-squared
distribution with B - 1 degrees of freedom, for n and m rows in B bins (B. Yurdakul, Statistical
Properties of Population Stability Index, 2018), so that small samples have a positive PSI by
chance.

Worked example: 900 and 100 of 1,000 rows at training, 70 and 30 of 100 on a day. PSI is
(0.7 - 0.9) · ln(0.7/0.9) + (0.3 - 0.1) · ln(0.3/0.1) = 0.050 + 0.220 = 0.270 before smoothing. By
chance alone 1 · (1/1000 + 1/100) = 0.011 would be expected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SMOOTHING = 0.5
CHANCE = 0.01
"""The probability that a day without drift is significant, in any of the columns compared."""


@dataclass(frozen=True)
class Stability:
    """``raw`` is the PSI of the counts, ``by_chance`` its expectation without drift, ``bound`` what
    it exceeds by chance on one day in a hundred, in any of the columns compared."""

    raw: float
    by_chance: float
    bound: float

    @property
    def psi(self) -> float:
        """The PSI without the part that is expected by chance, at least 0."""
        return max(0.0, self.raw - self.by_chance)

    def exceeds(self, threshold: float) -> bool:
        """Whether the PSI is at least ``threshold`` and more than chance gives."""
        return self.psi >= threshold and self.raw > self.bound


def psi(expected: Sequence[int], actual: Sequence[int]) -> float:
    """The PSI of counts in the same bins.

    Each bin gets half a row more on both sides, so that the logarithm of an empty one exists; bins
    that are empty on both sides are left out. Without any row on a side the PSI is 0.
    """
    e, a = _occupied(expected, actual)
    if not _comparable(e, a):
        return 0.0
    e_share = (e + SMOOTHING) / (e + SMOOTHING).sum()
    a_share = (a + SMOOTHING) / (a + SMOOTHING).sum()
    return float(((a_share - e_share) * np.log(a_share / e_share)).sum())


def stability(expected: Sequence[int], actual: Sequence[int], *, columns: int = 1) -> Stability:
    """The PSI with what chance gives. ``columns`` are compared on the same day, so that the bound
    of each is for one ``columns``-th of ``CHANCE`` (Bonferroni)."""
    from scipy.stats import chi2

    e, a = _occupied(expected, actual)
    if not _comparable(e, a):
        return Stability(0.0, 0.0, 0.0)
    freedom, scale = len(e) - 1, float(1 / e.sum() + 1 / a.sum())
    bound = float(chi2.isf(CHANCE / columns, freedom)) * scale
    return Stability(psi(expected, actual), freedom * scale, bound)


def _occupied(
    expected: Sequence[int], actual: Sequence[int]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    e, a = np.asarray(expected, dtype=float), np.asarray(actual, dtype=float)
    kept = (e + a) > 0
    return e[kept], a[kept]


def _comparable(e: npt.NDArray[np.float64], a: npt.NDArray[np.float64]) -> bool:
    return len(e) > 1 and e.sum() > 0 and a.sum() > 0
