"""A label of 0 or 1, and its probability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from lakehouse.ml.calibration import calibration_error_by_chance
from lakehouse.ml.candidates import dummy
from lakehouse.ml.cluster_bootstrap import Floats, Statistics
from lakehouse.ml.curves import curves
from lakehouse.ml.evaluate import metrics, statistics
from lakehouse.ml.select import Folds, folds_by_customer
from lakehouse.ml.split import one_class
from lakehouse.ml.tasks.task import Task
from lakehouse.quality.builtin import PROBABILITY_IS_VALID, between
from lakehouse.quality.rules import Rule

if TYPE_CHECKING:
    from mlflow.types import TensorSpec


class Binary(Task):
    """Scores are the probabilities of label 1."""

    name = "binary"
    losses = frozenset({"brier", "log_loss", "calibration_error"})
    not_worse = ("brier",)
    row_loss = "squared error of the probability"
    predicted = {"probability": "double"}

    def labels(self, values: pd.Series) -> pd.Series | None:
        """0 and 1, of booleans or numbers."""
        try:
            numbers = values.astype(float)
        except (TypeError, ValueError):
            return None
        return numbers.astype(int) if numbers.isin([0, 1]).all() else None

    def problem(self, labels: pd.Series) -> str | None:
        """Both classes must be there."""
        return one_class(labels)

    def describe(self, labels: pd.Series, weights: Floats) -> dict[str, Any]:
        """The share of label 1."""
        return {"label_rate": round(float(np.average(labels, weights=weights)), 6)}

    def folds(self, labels: pd.Series, customers: pd.Series) -> Folds:
        """Stratified by the label."""
        return folds_by_customer(labels, customers)

    def dummy(self, metric: str) -> Pipeline:
        """The base rate."""
        return dummy()

    def scorer(self, metric: str) -> str:
        """scikit-learn's scorer of that name."""
        return metric

    def scores(self, model: Pipeline, features: pd.DataFrame) -> Floats:
        """The probabilities of label 1."""
        probabilities: Floats = model.predict_proba(features)[:, 1]
        return probabilities

    def rules(self, where: str) -> list[Rule]:
        """A probability is between 0 and 1."""
        return [between(PROBABILITY_IS_VALID, "probability", 0, 1, where)]

    def metrics(self, labels: pd.Series, scores: Floats) -> dict[str, float]:
        """See ``evaluate.metrics``."""
        return metrics(labels, scores)

    def statistics(self, labels: pd.Series, scores: Floats) -> Statistics:
        """See ``evaluate.statistics``."""
        return statistics(np.asarray(labels, float), scores)

    def row_losses(self, labels: pd.Series, scores: Floats) -> Floats:
        """The squared error of the probability, whose mean is the Brier score."""
        return (np.asarray(labels, float) - scores) ** 2

    def expected_losses(self, scores: Floats) -> Floats:
        """``p (1 - p)``."""
        return scores * (1 - scores)

    def mistakes(self, labels: pd.Series, scores: Floats) -> pd.DataFrame:
        """Rows of label 1 with a low probability are missed, those of label 0 with a high one are
        false alarms. Every row is one or the other by some threshold."""
        y = np.asarray(labels, int)
        kinds = np.where(y == 1, "missed", "false alarm")
        weights = np.abs(y - scores)
        return pd.DataFrame(
            {
                "row": np.arange(len(y)),
                "kind": kinds,
                "label": y,
                "predicted": scores,
                "weight": weights,
            }
        )

    def chance(self, scores: Floats, customers: npt.ArrayLike) -> dict[str, float]:
        """``calibration_error_by_chance``."""
        return {"calibration_error_by_chance": calibration_error_by_chance(scores, customers)}

    def confidence(self, labels: pd.Series, scores: Floats) -> tuple[Any, Any]:
        """Label 1 and its probability."""
        return labels, scores

    def leads(self, metric: str) -> tuple[str, ...]:
        """Ranking, whatever the candidates were compared by."""
        return ("roc_auc", "average_precision")

    def curves(
        self, labels: pd.Series, scores: Mapping[str, Floats], chosen: str
    ) -> dict[str, Any]:
        """ROC, precision and recall, calibration, and the scores of both classes."""
        return curves(labels, scores, chosen)

    def output(self, model: Pipeline) -> TensorSpec:
        """The probabilities of 0 and 1."""
        from mlflow.types import TensorSpec

        return TensorSpec(np.dtype("float64"), (-1, 2))
