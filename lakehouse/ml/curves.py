"""The curves of the hold-out as numbers, for the plots in MLflow and in the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.inspection import permutation_importance
from sklearn.metrics import precision_recall_curve, roc_curve
from sklearn.pipeline import Pipeline

from lakehouse.ml.candidates import SEED
from lakehouse.ml.evaluate import calibration_bins

POINTS = 101
IMPORTANCE_ROWS = 4000


def curves(labels: ArrayLike, scores: Mapping[str, ArrayLike], chosen: str) -> dict[str, Any]:
    """ROC, precision-recall, gain and lift for each model; calibration and histogram of the chosen
    one.

    Rates and counts on a fixed grid, which reveal no score of a single customer.
    """
    return {
        "chosen": chosen,
        "base_rate": float(np.asarray(labels, float).mean()),
        "roc": {name: _roc(labels, score) for name, score in scores.items()},
        "precision_recall": {name: _pr(labels, score) for name, score in scores.items()},
        "gain": {name: gain(labels, score) for name, score in scores.items()},
        "lift": {name: lift_curve(labels, score) for name, score in scores.items()},
        "calibration": calibration_bins(labels, scores[chosen]),
        "scores": _histogram(labels, scores[chosen]),
    }


def gain(labels: ArrayLike, score: ArrayLike) -> dict[str, list[float]]:
    """The share of all events (y) among the share of rows with the highest scores (x).

    Equal scores are in no order: within them the curve is straight, so that the gain of a constant
    is the diagonal.
    """
    y, p = np.asarray(labels, float), np.asarray(score, float)
    order = np.argsort(-p, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(p[order]) != 0, True))
    rows = np.concatenate([[0.0], (ends + 1) / len(y)])
    events = np.concatenate([[0.0], np.cumsum(y[order])[ends] / y.sum()])
    grid = np.linspace(0, 1, POINTS)
    return {"x": grid.tolist(), "y": np.interp(grid, rows, events).tolist()}


def lift_curve(labels: ArrayLike, score: ArrayLike) -> dict[str, list[float]]:
    """The rate of the event among the share of rows with the highest scores (x), divided by the
    rate of all; from the top 1 % on."""
    reached = gain(labels, score)
    x, y = np.asarray(reached["x"][1:]), np.asarray(reached["y"][1:])
    return {"x": x.tolist(), "y": (y / x).tolist()}


def importance(
    model: Pipeline, features: pd.DataFrame, labels: pd.Series, metric: Any
) -> dict[str, float]:
    """How much ``metric`` falls on the test rows when one feature is shuffled, largest first."""
    rows = min(len(features), IMPORTANCE_ROWS)
    sample = features.sample(rows, random_state=SEED).sort_index()
    result = permutation_importance(
        model, sample, labels.loc[sample.index], scoring=metric, n_repeats=3, random_state=SEED
    )
    named = zip(features.columns, result.importances_mean, strict=True)
    return {name: float(value) for name, value in sorted(named, key=lambda pair: -pair[1])}


def _roc(labels: ArrayLike, score: ArrayLike) -> dict[str, list[float]]:
    false_rate, true_rate, _ = roc_curve(labels, score)
    grid = np.linspace(0, 1, POINTS)
    return {"x": grid.tolist(), "y": np.interp(grid, false_rate, true_rate).tolist()}


def _pr(labels: ArrayLike, score: ArrayLike) -> dict[str, list[float]]:
    precision, recall, _ = precision_recall_curve(labels, score)
    # The last point (recall 0, precision 1) is a convention of scikit-learn, not a measurement.
    grid = np.linspace(recall[:-1].min(), 1, POINTS)
    known = np.interp(grid, recall[:-1][::-1], precision[:-1][::-1])
    return {"x": grid.tolist(), "y": known.tolist()}


def _histogram(labels: ArrayLike, score: ArrayLike) -> dict[str, list[float]]:
    y, p = np.asarray(labels), np.asarray(score)
    edges = np.linspace(0, 1, 21)
    counts = {f"label_{value}": np.histogram(p[y == value], edges)[0] for value in (0, 1)}
    return {"edges": edges.tolist()} | {name: count.tolist() for name, count in counts.items()}
