"""The power of a comparison: the gains that so many rows could have shown."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.stats import norm

from lakehouse.ml.paired_gain import Gain

POWER = 0.8
"""The share of comparisons in which a gain should be found."""


@dataclass(frozen=True)
class Power:
    """What a comparison can show; a gain is shown where its lower bound is above 0.

    ``detectable`` is the smallest true gain that is shown in 80 % of such comparisons,
    ``of_min_gain`` the probability that a true gain of ``min_gain`` is shown, and ``more`` how many
    times as many entities it takes to show that one in 80 %; at least 1, and 1 where these suffice.
    """

    min_gain: float
    detectable: float
    of_min_gain: float
    more: float


def power_of(gain: Gain, min_gain: float) -> Power | None:
    """The power of a comparison, by its standard error; None where that is 0, which it is for
    models that give equal predictions.

    The estimate is taken as normal around the true gain. The standard error falls with the square
    root of the number of entities.
    """
    if gain.se == 0:
        return None
    quantile = (gain.estimate - gain.low) / gain.se
    needed = quantile + float(norm.ppf(POWER))
    more = (needed * gain.se / min_gain) ** 2 if min_gain else float("inf")
    return Power(
        min_gain=min_gain,
        detectable=needed * gain.se,
        of_min_gain=float(norm.cdf(min_gain / gain.se - quantile)),
        more=max(more, 1.0),
    )
