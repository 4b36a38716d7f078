"""The gain of one model over another on the same rows, with a cluster bootstrap interval.

A hold-out that many challengers have met is no longer new: sooner or later one of them wins by
luck. ``level_of`` therefore spends a fixed error rate over the challengers that meet there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lakehouse.config.tasks import TaskName, recorded_name
from lakehouse.errors import UsageError
from lakehouse.ml.cluster_bootstrap import Floats, group_rows, resample
from lakehouse.ml.evaluate import Interval, student_interval
from lakehouse.ml.tasks.registry import task_of
from lakehouse.ml.tasks.task import Scores, Task

FAMILY_ERROR = 0.05
"""The probability that any challenger without a sufficient gain is promoted on one hold-out."""


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

    Whole entities are drawn with replacement, and both models are measured on each draw. The
    bounds are ``estimate ± t · se``, whose degrees of freedom in a classification are those of the
    rarest class, in entities, since a ranking knows no more than that. Raises UsageError for labels
    that the task cannot be measured on, scores that are not numbers, and a metric that does not fit
    the task.
    """
    y, name, of_task = pd.Series(np.asarray(labels)), recorded_name(metric, task), task_of(task)
    _refuse(y, (champion, challenger), of_task)
    models = {
        side: of_task.statistics(y, scores)
        for side, scores in (("champion", champion), ("challenger", challenger))
    }
    sign = -1.0 if name in of_task.losses else 1.0
    once = np.ones((1, len(y)))
    measured = {side: sign * float(model(once)[name][0]) for side, model in models.items()}
    sampled = resample(entities, models, draws=draws, seed=seed)
    drawn = {side: sign * values[name] for side, values in sampled.items()}
    # A percentile of the draws would need far more of them for the small levels of level_of.
    freedom = degrees_of_freedom(y, np.asarray(entities), of_task)
    old, new = (
        student_interval(measured[side], _se(drawn[side]), freedom, level) for side in models
    )
    se = _se(drawn["challenger"] - drawn["champion"])
    gain = student_interval(new.estimate - old.estimate, se, freedom, level)
    count = group_rows(entities)[0]
    return Gain(metric, old, new, se, gain.low, gain.high, level, len(y), count)


def _se(drawn: Floats) -> float:
    return float(np.nanstd(drawn, ddof=1))


def _refuse(labels: pd.Series, scores: Sequence[Scores], task: Task) -> None:
    problem = task.problem(labels)
    if problem is not None:
        raise UsageError(f"the common hold-out has {problem}")
    if not all(np.isfinite(np.asarray(each, float)).all() for each in scores):
        raise UsageError("a model gives scores that are not numbers on the common hold-out")


def degrees_of_freedom(labels: pd.Series, entities: npt.NDArray[Any], task: Task) -> int:
    """The entities less one; of a classification those of the rarest class."""
    if not task.is_classification:
        return len(set(entities)) - 1
    known = labels.to_numpy()
    return min(len(set(entities[known == value])) for value in labels.unique()) - 1
