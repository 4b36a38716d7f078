"""Evaluation on the hold-out: the chosen model, and the baselines beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from sklearn.pipeline import Pipeline

from lakehouse.ml.cluster_bootstrap import Floats, resample
from lakehouse.ml.curves import importance
from lakehouse.ml.decision import Decision
from lakehouse.ml.declared_candidates import RULE_OF_THUMB
from lakehouse.ml.evaluate import Interval, interval
from lakehouse.ml.slices.examine import Examination
from lakehouse.ml.tasks.task import Scores, Task

BASELINES = ("dummy", "linear", RULE_OF_THUMB)


@dataclass(frozen=True)
class HoldoutResult:
    """The result on the hold-out: metrics of each candidate, and intervals of the chosen one.

    ``scores`` are those of the chosen one; ``decision`` is there for a binary label; ``examined``
    has its slices, days and mistakes.
    """

    chosen: str
    by_candidate: dict[str, dict[str, float]]
    intervals: dict[str, Interval]
    curves: dict[str, Any]
    importance: dict[str, float]
    scores: Scores
    decision: Decision | None = None
    examined: Examination = field(default_factory=Examination)

    def metrics(self) -> dict[str, float]:
        """All metrics by name: ``test_<metric>`` and ``vs_<baseline>_<metric>``, both also with
        ``_low`` and ``_high``, and ``<baseline>_test_<metric>``.

        A difference to a baseline is positive where the model is better, also for losses such as
        the Brier score.
        """
        flat = {f"test_{name}": value for name, value in self.by_candidate[self.chosen].items()}
        for name, bounds in self.intervals.items():
            flat |= bounds.metrics(name)
        for baseline in BASELINES:
            for name, value in self.by_candidate.get(baseline, {}).items():
                flat[f"{baseline}_test_{name}"] = value
        return flat | (self.decision.metrics() if self.decision else {})


def evaluate_holdout(
    fitted: Mapping[str, Pipeline],
    chosen: str,
    features: pd.DataFrame,
    labels: pd.Series,
    customers: pd.Series,
    *,
    task: Task,
    metric: str,
    draws: int,
) -> HoldoutResult:
    """Evaluate every fitted candidate on the hold-out; the bootstrap samples whole customers."""
    scores = {name: task.scores(model, features) for name, model in fitted.items()}
    by_candidate = {name: task.metrics(labels, score) for name, score in scores.items()}
    by_candidate[chosen] |= task.chance(scores[chosen], customers)
    compared = {
        name: task.statistics(labels, scores[name])
        for name in (chosen, *BASELINES)
        if name in scores
    }
    drawn = resample(customers, compared, draws=draws)
    return HoldoutResult(
        chosen=chosen,
        by_candidate=by_candidate,
        intervals=_intervals(by_candidate, chosen, drawn, task),
        curves=task.curves(labels, scores, chosen),
        importance=importance(fitted[chosen], features, labels, task.scorer(metric)),
        scores=scores[chosen],
    )


def _intervals(
    by_candidate: dict[str, dict[str, float]],
    chosen: str,
    drawn: dict[str, dict[str, Floats]],
    task: Task,
) -> dict[str, Interval]:
    intervals = {}
    for name in drawn[chosen]:
        estimate = by_candidate[chosen][name]
        intervals[f"test_{name}"] = interval(estimate, drawn[chosen][name])
        for baseline in set(BASELINES) & set(drawn):
            sign = -1 if name in task.losses else 1
            difference = sign * (drawn[chosen][name] - drawn[baseline][name])
            lead = sign * (estimate - by_candidate[baseline][name])
            intervals[f"vs_{baseline}_{name}"] = interval(lead, difference)
    return intervals
