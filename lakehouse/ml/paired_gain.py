"""The gain of one model over another on the same rows, with a cluster bootstrap interval.

A hold-out that many challengers have met is no longer new: sooner or later one of them wins by
luck. ``level_of`` therefore spends a fixed error rate over the challengers that meet there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import t as student

from lakehouse.config.tasks import TASKS, TaskName
from lakehouse.errors import UsageError
from lakehouse.ml.cluster_bootstrap import Floats, draw_weights, group_rows
from lakehouse.ml.evaluate import Interval
from lakehouse.ml.tasks.registry import task_of
from lakehouse.ml.tasks.task import Scores

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
    champion: Scores,
    challenger: Scores,
    *,
    metric: str,
    task: TaskName = "binary",
    level: float = FAMILY_ERROR / 2,
    draws: int = 1000,
    seed: int = 20_260,
) -> Gain:
    """Compare the scores of two models on the same rows, both in the form of the task.

    The degrees of freedom of a classification are those of the rarest class, in entities, since a
    ranking knows no more than that. Raises UsageError for labels that the task cannot be measured
    on, scores that are not numbers, and a metric that does not fit the task.
    """
    y = pd.Series(np.asarray(labels))
    _refuse(y, (champion, challenger), metric, task)
    old, new = (_measure(y, scores, metric, task) for scores in (champion, challenger))
    freedom = len(set(np.asarray(entities))) - 1
    if task_of(task).is_classification:
        freedom = _entities_of_rarest_class(y, np.asarray(entities)) - 1
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


def _measure(labels: pd.Series, scores: Scores, metric: str, task: TaskName) -> Measure:
    """The metric as the task measures it, turned so that greater is better."""
    name = recorded_name(metric, task)
    statistics = task_of(task).statistics(labels, scores)
    sign = -1.0 if name in task_of(task).losses else 1.0
    return lambda weights: sign * statistics(weights)[name]


def recorded_name(metric: str, task: TaskName) -> str:
    """The name of a declared metric in records: ``brier`` of ``neg_brier_score``.

    Raises UsageError for a metric that does not fit the task.
    """
    known = {str(declared): name for declared, name in TASKS[task].metrics.items()}
    if metric not in known:
        raise UsageError(f"no gain is defined for '{metric}'", hint=f"one of {', '.join(known)}")
    return known[metric]


def _refuse(labels: pd.Series, scores: Sequence[Scores], metric: str, task: TaskName) -> None:
    recorded_name(metric, task)
    problem = task_of(task).problem(labels)
    if problem is not None:
        raise UsageError(f"the common hold-out has {problem}")
    if not all(np.isfinite(np.asarray(each, float)).all() for each in scores):
        raise UsageError("a model gives scores that are not numbers on the common hold-out")


def _entities_of_rarest_class(labels: pd.Series, entities: npt.NDArray[Any]) -> int:
    known = labels.to_numpy()
    return min(len(set(entities[known == value])) for value in labels.unique())
