"""A number, such as what a customer will spend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.dummy import DummyRegressor
from sklearn.metrics import (
    mean_absolute_error,
    median_absolute_error,
    r2_score,
    root_mean_squared_error,
)
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline

from lakehouse.config.tasks import ABSOLUTE_ERRORS, recorded_name
from lakehouse.errors import UsageError
from lakehouse.ml.candidates import SEED
from lakehouse.ml.cluster_bootstrap import Floats, Statistics, weighted_mean
from lakehouse.ml.select import FOLDS, Folds
from lakehouse.ml.tasks.bins import mean_by_prediction, residual_histogram
from lakehouse.ml.tasks.task import Task
from lakehouse.quality.builtin import between
from lakehouse.quality.rules import Rule

if TYPE_CHECKING:
    from mlflow.types import TensorSpec

_FINITE = 1e300
"""NaN and infinity are outside of these bounds, and fail."""


class Regression(Task):
    """Scores are numbers in the unit of the label."""

    name = "regression"
    losses = frozenset({"rmse", "mae", "median_absolute_error"})
    not_worse = ("rmse",)
    row_loss = "absolute error"
    predicted = {"prediction": "double"}
    predict_fn = "predict"
    is_classification = False

    def labels(self, values: pd.Series) -> pd.Series | None:
        """Finite numbers."""
        try:
            numbers = values.astype(float)
        except (TypeError, ValueError):
            return None
        return numbers if np.isfinite(numbers).all() else None

    def problem(self, labels: pd.Series) -> str | None:
        """The labels must differ."""
        return None if labels.nunique() > 1 else "labels that are all equal"

    def describe(self, labels: pd.Series, weights: Floats) -> dict[str, Any]:
        """Mean, standard deviation and median."""
        y = labels.to_numpy(float)
        mean = np.average(y, weights=weights)
        variance = np.average((y - mean) ** 2, weights=weights) * len(y) / max(len(y) - 1, 1)
        order = np.argsort(y, kind="stable")
        median = weighted_median(y[order], weights[order][None, :])[0]
        figures = {"label_mean": mean, "label_sd": np.sqrt(variance), "label_median": median}
        return {name: round(float(value), 6) for name, value in figures.items()}

    def folds(self, labels: pd.Series, customers: pd.Series) -> Folds:
        """By customer alone. Raises UsageError with fewer than two customers."""
        count = min(FOLDS, int(customers.nunique()))
        if count < 2:
            raise UsageError(
                "fewer than two customers to train on", hint="train with more customers or days"
            )
        folds = GroupKFold(count, shuffle=True, random_state=SEED)
        return list(folds.split(labels, labels, customers))

    def dummy(self, metric: str) -> Pipeline:
        """The median where absolute errors count, otherwise the mean."""
        strategy = "median" if metric in ABSOLUTE_ERRORS else "mean"
        return Pipeline([("model", DummyRegressor(strategy=strategy))])

    def scorer(self, metric: str) -> str:
        """scikit-learn's scorer of that name."""
        return metric

    def scores(self, model: Pipeline, features: pd.DataFrame) -> Floats:
        """The predicted numbers."""
        return np.asarray(model.predict(features), float)

    def rules(self, where: str) -> list[Rule]:
        """A number is finite."""
        return [between("prediction_is_finite", "prediction", -_FINITE, _FINITE, where)]

    def metrics(self, labels: pd.Series, scores: Floats) -> dict[str, float]:
        """Errors in the unit of the label, R², and the mean error (above 0: too high)."""
        return {
            "rmse": float(root_mean_squared_error(labels, scores)),
            "mae": float(mean_absolute_error(labels, scores)),
            "median_absolute_error": float(median_absolute_error(labels, scores)),
            "r2": float(r2_score(labels, scores)),
            "mean_error": float(np.mean(scores - np.asarray(labels, float))),
        }

    def statistics(self, labels: pd.Series, scores: Floats) -> Statistics:
        """The errors and R². R² of a draw whose labels are all equal is NaN."""
        y = np.asarray(labels, float)
        errors = np.abs(scores - y)
        order = np.argsort(errors)

        def of(weights: Floats) -> dict[str, Floats]:
            squared = weighted_mean(errors**2, weights)
            centred = y - y.mean()
            variance = weighted_mean(centred**2, weights) - weighted_mean(centred, weights) ** 2
            with np.errstate(invalid="ignore", divide="ignore"):
                explained = np.where(variance > 0, 1 - squared / variance, np.nan)
            return {
                "rmse": np.sqrt(squared),
                "mae": weighted_mean(errors, weights),
                "median_absolute_error": weighted_median(errors[order], weights[:, order]),
                "r2": explained,
            }

        return of

    def row_losses(self, labels: pd.Series, scores: Floats) -> Floats:
        """The absolute error."""
        errors: Floats = np.abs(scores - np.asarray(labels, float))
        return errors

    def mistakes(self, labels: pd.Series, scores: Floats) -> pd.DataFrame:
        """Every row, by its absolute error: predicted too high or too low."""
        y = np.asarray(labels, float)
        return pd.DataFrame(
            {
                "row": np.arange(len(y)),
                "kind": np.where(scores > y, "too high", "too low"),
                "label": y,
                "predicted": scores,
                "weight": np.abs(scores - y),
            }
        )

    def leads(self, metric: str) -> tuple[str, ...]:
        """The declared metric."""
        return (recorded_name(metric, "regression"),)

    def curves(
        self, labels: pd.Series, scores: Mapping[str, Floats], chosen: str
    ) -> dict[str, Any]:
        """The mean label by predicted number, in ten groups, and the spread of the errors."""
        return {
            "chosen": chosen,
            "actual": mean_by_prediction(labels, scores[chosen]),
            "residuals": residual_histogram(labels, scores[chosen]),
        }

    def output(self, model: Pipeline) -> TensorSpec:
        """One number for each row."""
        from mlflow.types import TensorSpec

        return TensorSpec(np.dtype("float64"), (-1,))


def weighted_median(ordered: Floats, weights: Floats) -> Floats:
    """The median of ascending values in each draw, as numpy's of the repeated values."""
    reached = np.cumsum(weights, axis=1)
    half = reached[:, -1:] / 2
    lower, upper = (reached >= half).argmax(axis=1), (reached > half).argmax(axis=1)
    median: Floats = (ordered[lower] + ordered[upper]) / 2
    return median
