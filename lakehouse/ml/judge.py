"""The test: the chosen model against the dummy and the linear one, and the gate."""

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
class Judgement:
    """The test's result: metrics of each candidate, and intervals of the chosen one."""

    chosen: str
    by_candidate: dict[str, dict[str, float]]
    intervals: dict[str, Interval]
    curves: dict[str, Any]
    importance: dict[str, float]

    def metrics(self) -> dict[str, float]:
        """Flat: ``test_<metric>``, ``vs_<baseline>_<metric>`` and both with ``_low``/``_high``,
        ``<baseline>_test_<metric>``."""
        found = {f"test_{name}": value for name, value in self.by_candidate[self.chosen].items()}
        for name, known in self.intervals.items():
            found |= known.metrics(name)
        for baseline in BASELINES:
            for name, value in self.by_candidate.get(baseline, {}).items():
                found[f"{baseline}_test_{name}"] = value
        return found


def judge(
    fitted: Mapping[str, Pipeline],
    chosen: str,
    features: pd.DataFrame,
    labels: pd.Series,
    customers: pd.Series,
    *,
    metric: str,
    draws: int,
) -> Judgement:
    """Score the test rows with every fitted candidate; intervals come from whole customers."""
    scores = {name: model.predict_proba(features)[:, 1] for name, model in fitted.items()}
    by_candidate = {name: metrics(labels, score) for name, score in scores.items()}
    compared = {name: scores[name] for name in (chosen, *BASELINES) if name in scores}
    drawn = bootstrap(labels, customers, compared, draws=draws)
    return Judgement(
        chosen=chosen,
        by_candidate=by_candidate,
        intervals=_intervals(by_candidate, chosen, drawn),
        curves=curves(labels, scores, chosen),
        importance=importance(fitted[chosen], features, labels, metric),
    )


def _intervals(
    by_candidate: dict[str, dict[str, float]], chosen: str, drawn: dict[str, dict[str, Floats]]
) -> dict[str, Interval]:
    found = {}
    for name in BOOTSTRAPPED:
        own = by_candidate[chosen][name]
        found[f"test_{name}"] = interval(own, drawn[chosen][name])
        for baseline in set(BASELINES) & set(drawn):
            difference = drawn[chosen][name] - drawn[baseline][name]
            estimate = own - by_candidate[baseline][name]
            found[f"vs_{baseline}_{name}"] = interval(estimate, difference)
    return found


def refuse_no_better_than_dummy(name: str, judgement: Judgement) -> None:
    """Raise GateFailed unless both lower bounds of the difference to the dummy are above 0."""
    known = {metric: judgement.intervals[f"vs_dummy_{metric}"] for metric in BOOTSTRAPPED}
    if all(one.low > 0 for one in known.values()):
        return
    said = ", ".join(
        f"{metric} {one.estimate:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"
        for metric, one in known.items()
    )
    raise GateFailed(
        f"{judgement.chosen} is not better than the dummy on customers and days it has not "
        f"seen: {said} (95 % interval of the difference)",
        where=name,
        hint="nothing was registered; the run is in MLflow. Look at the features and the label, "
        "or train on more days",
    )
