"""Evaluation on the hold-out: the chosen model, the baselines dummy and linear, and the gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sklearn.pipeline import Pipeline

from lakehouse.errors import GateFailed
from lakehouse.ml.curves import curves, importance
from lakehouse.ml.evaluate import BOOTSTRAPPED, Floats, Interval, bootstrap, interval, metrics

BASELINES = ("dummy", "linear")


@dataclass(frozen=True)
class HoldoutResult:
    """The result on the hold-out: metrics of each candidate, and intervals of the chosen one."""

    chosen: str
    by_candidate: dict[str, dict[str, float]]
    intervals: dict[str, Interval]
    curves: dict[str, Any]
    importance: dict[str, float]

    def metrics(self) -> dict[str, float]:
        """All metrics by name: ``test_<metric>`` and ``vs_<baseline>_<metric>``, both also with
        ``_low`` and ``_high``, and ``<baseline>_test_<metric>``."""
        flat = {f"test_{name}": value for name, value in self.by_candidate[self.chosen].items()}
        for name, bounds in self.intervals.items():
            flat |= bounds.metrics(name)
        for baseline in BASELINES:
            for name, value in self.by_candidate.get(baseline, {}).items():
                flat[f"{baseline}_test_{name}"] = value
        return flat


def evaluate_holdout(
    fitted: Mapping[str, Pipeline],
    chosen: str,
    features: pd.DataFrame,
    labels: pd.Series,
    customers: pd.Series,
    *,
    metric: str,
    draws: int,
) -> HoldoutResult:
    """Evaluate every fitted candidate on the hold-out; the bootstrap samples whole customers."""
    scores = {name: model.predict_proba(features)[:, 1] for name, model in fitted.items()}
    by_candidate = {name: metrics(labels, score) for name, score in scores.items()}
    compared = {name: scores[name] for name in (chosen, *BASELINES) if name in scores}
    drawn = bootstrap(labels, customers, compared, draws=draws)
    return HoldoutResult(
        chosen=chosen,
        by_candidate=by_candidate,
        intervals=_intervals(by_candidate, chosen, drawn),
        curves=curves(labels, scores, chosen),
        importance=importance(fitted[chosen], features, labels, metric),
    )


def _intervals(
    by_candidate: dict[str, dict[str, float]], chosen: str, drawn: dict[str, dict[str, Floats]]
) -> dict[str, Interval]:
    intervals = {}
    for name in BOOTSTRAPPED:
        estimate = by_candidate[chosen][name]
        intervals[f"test_{name}"] = interval(estimate, drawn[chosen][name])
        for baseline in set(BASELINES) & set(drawn):
            difference = drawn[chosen][name] - drawn[baseline][name]
            lead = estimate - by_candidate[baseline][name]
            intervals[f"vs_{baseline}_{name}"] = interval(lead, difference)
    return intervals


def refuse_no_better_than_dummy(name: str, holdout: HoldoutResult) -> None:
    """Raise GateFailed unless the lower bounds of both differences to the dummy are above 0."""
    leads = {metric: holdout.intervals[f"vs_dummy_{metric}"] for metric in BOOTSTRAPPED}
    if all(lead.low > 0 for lead in leads.values()):
        return
    text = ", ".join(
        f"{metric} {lead.estimate:+.3f} [{lead.low:+.3f}, {lead.high:+.3f}]"
        for metric, lead in leads.items()
    )
    raise GateFailed(
        f"{holdout.chosen} is not better than the dummy on the hold-out: "
        f"{text} (95 % interval of the difference)",
        where=name,
        hint="nothing was registered; the run is in MLflow. Look at the features and the label, "
        "or train on more days",
    )
