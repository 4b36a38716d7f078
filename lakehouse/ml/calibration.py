"""How far a calibration error can be from zero by chance alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lakehouse.ml.candidates import SEED
from lakehouse.ml.cluster_bootstrap import group_rows
from lakehouse.ml.evaluate import bin_of_rows


def calibration_error_by_chance(
    probabilities: npt.ArrayLike, customers: npt.ArrayLike, *, draws: int = 500
) -> float:
    """The calibration error that 95 % of perfectly calibrated scores stay below on these rows.

    The error is a mean of absolute differences, so it is above 0 for any finite number of rows:
    with 300 rows it is often 0.06. Here labels are drawn from the scores themselves. All rows of a
    customer share one draw, since their labels are hardly independent.
    """
    p = np.asarray(probabilities, float)
    bins = bin_of_rows(p)
    groups, place = group_rows(customers)
    rng = np.random.default_rng(SEED)
    errors = np.empty(draws)
    for draw in range(draws):
        labels = rng.random(groups)[place] < p
        errors[draw] = np.abs(np.bincount(bins, weights=p - labels)).sum() / len(p)
    return float(np.quantile(errors, 0.95))
