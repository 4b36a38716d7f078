"""The calibration of probabilities on the hold-out, and how much of its error is chance.

A calibration error is a mean of absolute differences, so that it is above 0 by chance. Two sizes of
chance are needed, and one cannot stand for the other:

- A new model passes its gate up to the error that 95 % of calibrated models stay below
  (``calibration_error_by_chance``). Labels are simulated, and the true ones are not read.
- A challenger is refused where its error is far beyond the one to expect (``chance_error``). That
  depends on how much the labels of an entity agree, which is measured. The mean of the simulation,
  in which they agree fully, would refuse 2 of 600 calibrated challengers of
  ``tests/promises/test_promotion_statistics.py``; this one refuses none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lakehouse.ml.candidates import SEED
from lakehouse.ml.cluster_bootstrap import group_rows
from lakehouse.ml.evaluate import bin_of_rows, calibration_bins

TOLERANCE = 0.02
"""The distance between mean score and label rate that needs no evidence, since it is small."""

BEYOND_CHANCE = 0.05
"""The most by which the calibration error may exceed that of a calibrated model by chance."""


def calibration_error_by_chance(
    probabilities: npt.ArrayLike, customers: npt.ArrayLike, *, draws: int = 500
) -> float:
    """The calibration error that 95 % of perfectly calibrated scores stay below on these rows.

    With 300 rows it is often 0.06. Labels are drawn from the scores themselves. All rows of a
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


@dataclass(frozen=True)
class Calibration:
    """The calibration of a model on the hold-out.

    ``se`` is the standard error of ``mean_score - label_rate``, by entity. ``constant_brier`` is
    the Brier score of the label rate itself, ``chance_error`` the calibration error that a
    calibrated model has on as many rows.
    """

    mean_score: float
    label_rate: float
    se: float
    brier: float
    constant_brier: float
    error: float
    chance_error: float

    def faults(self, *, beats_constant: bool = True) -> list[str]:
        """The conditions that do not hold, as sentences.

        The probability of the predicted class may be a constant; that of one event may not.
        """
        texts = []
        if abs(self.mean_score - self.label_rate) > TOLERANCE + 3 * self.se:
            texts.append(
                f"its mean score is {self.mean_score:.3f}, while the rate of the label is "
                f"{self.label_rate:.3f}"
            )
        if beats_constant and self.brier >= self.constant_brier:
            texts.append(
                f"its Brier score {self.brier:.4f} is not below that of a constant, "
                f"{self.constant_brier:.4f}"
            )
        if self.error > self.chance_error + BEYOND_CHANCE:
            texts.append(
                f"its calibration error is {self.error:.3f}, while chance explains "
                f"{self.chance_error:.3f}"
            )
        return texts


def measure_calibration(
    labels: npt.ArrayLike, entities: Any, probabilities: npt.ArrayLike
) -> Calibration:
    """Measure the calibration of probabilities; ``labels`` are 0 or 1."""
    y, p = np.asarray(labels, float), np.asarray(probabilities, float)
    count, place = group_rows(entities)
    rate, groups = float(y.mean()), calibration_bins(y, p)
    sums = np.bincount(place, weights=(p - y) - float((p - y).mean()), minlength=count)
    rows = np.array([group["rows"] for group in groups])
    means = np.array([group["score"] for group in groups])
    rates = np.array([group["rate"] for group in groups])
    variances = np.clip(means * (1 - means), 0, None)
    se = float(np.sqrt(np.square(sums).sum()) / y.size)
    # Rows of one entity agree: the variance is larger by this factor than that of single rows.
    factor = max(se**2 * y.size / max(float(np.average(variances, weights=rows)), 1e-12), 1.0)
    # The mean of abs(x) of a normal variable is its standard deviation times sqrt(2 / π).
    chance = np.sqrt(2 / np.pi * factor * variances / rows)
    return Calibration(
        mean_score=float(p.mean()),
        label_rate=rate,
        se=se,
        brier=float(np.square(p - y).mean()),
        constant_brier=rate * (1 - rate),
        error=float((np.abs(means - rates) * rows).sum() / rows.sum()),
        chance_error=float((chance * rows).sum() / rows.sum()),
    )
