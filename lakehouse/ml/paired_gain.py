"""The gain of one model over another on the same rows, with a cluster bootstrap interval.

A hold-out that many challengers have met is no longer new: sooner or later one of them wins by
luck. ``level_of`` therefore spends a fixed error rate over the challengers that meet there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from lakehouse.errors import UsageError
from lakehouse.ml.evaluate import Floats, Interval, Ranked, draw_weights, group_rows

FAMILY_ERROR = 0.05
"""The probability that any challenger without a sufficient gain is promoted on one hold-out."""

_CELLS = 2_000_000
Measure = Callable[[Floats], Floats]
"""A metric of one model, greater is better: weights of the rows (draws × rows) to one value per
draw; NaN where a draw does not define it."""


@dataclass(frozen=True)
class Gain:
    """The metric of a challenger minus that of the champion, where greater is better.

    ``low`` and ``high`` are bounds of which each is exceeded with the probability ``level``, as are
    those of ``champion`` and ``challenger``, the metrics of the two.
    """

    metric: str
    champion: Interval
    challenger: Interval
    se: float
    low: float
    high: float
    level: float
    rows: int
    entities: int

    @property
    def estimate(self) -> float:
        """The difference of the two metrics on the hold-out."""
        return self.challenger.estimate - self.champion.estimate

    def describe(self) -> str:
        """``+0.012 [+0.003, +0.021]``."""
        return f"{self.estimate:+.4f} [{self.low:+.4f}, {self.high:+.4f}]"


def level_of(meeting: int) -> float:
    """The one-sided level for the ``meeting``-th challenger (1, 2, …) on one hold-out.

    ``FAMILY_ERROR / (k (k + 1))``: 2.5 % for the first, as in a usual 95 % interval, then 0.83 %,
    0.42 %, …. The levels of all challengers together are ``FAMILY_ERROR``, however many come.
    """
    return FAMILY_ERROR / (meeting * (meeting + 1))


def paired_gain(
    labels: npt.ArrayLike,
    entities: npt.ArrayLike,
    champion: npt.ArrayLike,
    challenger: npt.ArrayLike,
    *,
    metric: str,
    level: float = FAMILY_ERROR / 2,
    draws: int = 1000,
    seed: int = 20_260,
) -> Gain:
    """Compare two vectors of probabilities on the same rows; ``labels`` are 0 or 1.

    The degrees of freedom are those of the rarer class, in entities, since a ranking knows no more
    than that. Raises UsageError for labels of one class, scores that are not numbers, and an
    unknown metric.
    """
    y, scores = np.asarray(labels, float), [np.asarray(s, float) for s in (champion, challenger)]
    _refuse(y, scores, metric)
    old, new = (METRICS[metric](y, score) for score in scores)
    freedom = _entities_of_rarer_class(y, np.asarray(entities)) - 1
    return measure_gain(
        metric, entities, old, new, freedom=freedom, level=level, draws=draws, seed=seed
    )


def measure_gain(
    metric: str,
    entities: npt.ArrayLike,
    champion: Measure,
    challenger: Measure,
    *,
    freedom: int,
    level: float,
    draws: int,
    seed: int,
) -> Gain:
    """Compare two models by any metric of their rows.

    Whole entities are drawn with replacement, and both models are measured on each draw. The
    bounds are ``estimate ± t · se``, with ``freedom`` degrees (at least 1): a percentile of the
    draws would need far more draws for the small levels of ``level_of``.
    """
    count, place = group_rows(entities)
    rng, chunk = np.random.default_rng(seed), max(1, _CELLS // place.size)
    sizes = [min(chunk, draws - start) for start in range(0, draws, chunk)]
    weights = [draw_weights(rng, count, size)[:, place] for size in sizes]
    models = (champion, challenger)
    measured = [float(model(np.ones((1, place.size)))[0]) for model in models]
    drawn = [np.concatenate([model(part) for part in weights]) for model in models]
    quantile = float(student.ppf(1 - level, max(freedom, 1)))
    old, new = (_around(at, _se(of), quantile) for at, of in zip(measured, drawn, strict=True))
    se = _se(drawn[1] - drawn[0])
    gain = _around(measured[1] - measured[0], se, quantile)
    return Gain(metric, old, new, se, gain.low, gain.high, level, place.size, count)


def _se(drawn: Floats) -> float:
    return float(np.nanstd(drawn, ddof=1))


def _around(estimate: float, se: float, quantile: float) -> Interval:
    return Interval(estimate, estimate - quantile * se, estimate + quantile * se)


def _refuse(labels: Floats, scores: list[Floats], metric: str) -> None:
    if metric not in METRICS:
        raise UsageError(f"no gain is defined for '{metric}'", hint=f"one of {', '.join(METRICS)}")
    if np.unique(labels).size < 2:
        raise UsageError("the common hold-out has labels of one class only")
    if not all(np.isfinite(score).all() for score in scores):
        raise UsageError("a model gives scores that are not numbers on the common hold-out")


def _entities_of_rarer_class(labels: Floats, entities: npt.NDArray[Any]) -> int:
    return min(len(set(entities[labels == value])) for value in (0, 1))


def _ranking(position: int) -> Callable[[Floats, Floats], Measure]:
    def of(labels: Floats, scores: Floats) -> Measure:
        ranked = Ranked(scores, labels)
        return lambda weights: ranked.auc_and_ap(weights)[position]

    return of


def _mean_of(value: Callable[[Floats, Floats], Floats]) -> Callable[[Floats, Floats], Measure]:
    """A metric that is the mean of a value of each row."""

    def of(labels: Floats, scores: Floats) -> Measure:
        rows = value(labels, scores)
        return lambda weights: np.asarray(weights @ rows / weights.sum(axis=1))

    return of


def _log_likelihood(labels: Floats, scores: Floats) -> Floats:
    chance = np.clip(np.where(labels == 1, scores, 1 - scores), math.ulp(1.0), 1.0)
    return np.asarray(np.log(chance))


METRICS: dict[str, Callable[[Floats, Floats], Measure]] = {
    "roc_auc": _ranking(0),
    "average_precision": _ranking(1),
    "neg_brier_score": _mean_of(lambda labels, scores: -np.square(labels - scores)),
    "neg_log_loss": _mean_of(_log_likelihood),
}
"""The metrics that ``metric`` of a model can name, of labels and scores."""
