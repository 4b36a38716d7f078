"""A decision threshold from the costs of wrong decisions, and what it does on the hold-out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from lakehouse.config.model.declaration import ModelCosts
from lakehouse.ml.cluster_bootstrap import Floats, Statistics, resample
from lakehouse.ml.evaluate import Interval, interval
from lakehouse.ml.fitting import Fitting
from lakehouse.ml.select import Folds, Validated

if TYPE_CHECKING:
    from lakehouse.ml.sides import Side

DEFAULT_THRESHOLD = 0.5
"""The threshold without declared costs: the one of equal costs, for calibrated scores."""
COUNTS = ("true_positives", "false_positives", "false_negatives", "true_negatives")


@dataclass(frozen=True)
class Decision:
    """``threshold``: a row with at least this probability is decided as 1.

    ``counts`` are the hold-out's rows by outcome; ``intervals`` its rates and its cost per row.
    """

    threshold: float
    counts: dict[str, int]
    intervals: dict[str, Interval]

    def metrics(self) -> dict[str, float]:
        """By name, for the record; a rate that is not defined, such as the precision where no row
        is decided as 1, is left out."""
        flat: dict[str, float] = {"threshold": self.threshold}
        flat |= {f"test_{name}": float(count) for name, count in self.counts.items()}
        for name, bounds in self.intervals.items():
            flat |= bounds.metrics(f"test_{name}")
        return {name: value for name, value in flat.items() if np.isfinite(value)}


def decide(
    chosen: Validated,
    fitted: Pipeline,
    training: Side,
    test: Side,
    *,
    folds: Folds,
    fitting: Fitting,
    costs: ModelCosts | None,
    draws: int,
) -> Decision:
    """Choose the threshold on the training rows that are in a fold's second part, and evaluate it
    on the hold-out.

    Without costs it is ``DEFAULT_THRESHOLD``.
    """
    threshold = DEFAULT_THRESHOLD
    if costs is not None:
        scores = out_of_fold(chosen, training, folds, fitting)
        is_scored = ~np.isnan(scores)
        rows = training.take(is_scored)
        threshold = cheapest_threshold(rows.labels, scores[is_scored], costs, rows.weights)
    probabilities = fitted.predict_proba(test.features)[:, 1]
    return evaluate_decision(
        test.labels, probabilities, test.customers, threshold=threshold, costs=costs, draws=draws
    )


def out_of_fold(chosen: Validated, training: Side, folds: Folds, fitting: Fitting) -> Floats:
    """The probability of each training row, by a model that was not trained on its customer.

    NaN for rows that no fold validates, such as the first days of forward folds.
    """
    probabilities = np.full(len(training.labels), np.nan)
    for train, test in folds:
        model = fitting.fit(chosen.candidate, chosen.params, training.take(train))
        probabilities[test] = model.predict_proba(training.features.iloc[test])[:, 1]
    return probabilities


def cheapest_threshold(
    labels: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    costs: ModelCosts,
    weights: Floats | None = None,
) -> float:
    """The threshold of the lowest total cost, in the middle between two neighbouring scores.

    Of equally cheap ones, the highest. 0 decides every row as 1, a value above 1 none. Each row
    counts ``weights`` times, or once.
    """
    y, p = np.asarray(labels, float), np.asarray(probabilities, float)
    w = np.ones(len(y)) if weights is None else weights
    order = np.argsort(-p, kind="stable")
    y, p, w = y[order], p[order], w[order]
    ends = np.flatnonzero(np.append(p[1:] != p[:-1], True))
    hits = np.concatenate([[0.0], np.cumsum(w * y)[ends]])
    misses = np.concatenate([[0.0], np.cumsum(w * (1 - y))[ends]])
    cost = misses * costs.false_positive + (hits[-1] - hits) * costs.false_negative
    best = int(cost.argmin())
    if best == 0:
        return float(np.nextafter(1.0, 2.0))
    if best == len(ends):
        return 0.0
    return float((p[ends[best - 1]] + p[ends[best]]) / 2)


def evaluate_decision(
    labels: pd.Series,
    probabilities: npt.ArrayLike,
    customers: pd.Series,
    *,
    threshold: float,
    costs: ModelCosts | None,
    draws: int,
) -> Decision:
    """The outcomes of the threshold on the hold-out, with intervals by whole customers.

    Without costs there is no cost per row.
    """
    y, p = np.asarray(labels) == 1, np.asarray(probabilities, float)
    positive = p >= threshold
    outcomes = np.stack(
        [y & positive, ~y & positive, y & ~positive, ~y & ~positive], axis=1
    ).astype(float)
    statistics = _statistics(outcomes, costs)
    estimates = statistics(np.ones((1, len(y))))
    drawn = resample(customers, {"chosen": statistics}, draws=draws)["chosen"]
    counts = dict(zip(COUNTS, outcomes.sum(axis=0).astype(int).tolist(), strict=True))
    intervals = {name: interval(float(estimates[name][0]), drawn[name]) for name in estimates}
    return Decision(threshold, counts, intervals)


def _statistics(outcomes: Floats, costs: ModelCosts | None) -> Statistics:
    """The rates, and with costs the cost per row, also of deciding nobody or everybody as 1."""

    def of(weights: Floats) -> dict[str, Floats]:
        tp, fp, fn, tn = (weights @ outcomes).T
        rows = tp + fp + fn + tn
        with np.errstate(invalid="ignore", divide="ignore"):
            rates = {
                "sensitivity": tp / (tp + fn),
                "specificity": tn / (tn + fp),
                "precision": tp / (tp + fp),
                "recall": tp / (tp + fn),
                "f1": 2 * tp / (2 * tp + fp + fn),
            }
        if costs is None:
            return rates
        cost = fp * costs.false_positive + fn * costs.false_negative
        return rates | {
            "cost_per_row": cost / rows,
            "cost_per_row_of_nobody": (tp + fn) * costs.false_negative / rows,
            "cost_per_row_of_everybody": (fp + tn) * costs.false_positive / rows,
        }

    return of
