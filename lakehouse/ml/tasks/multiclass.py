"""One of at least three classes, such as the kind of a contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from lakehouse.config.tasks import recorded_name
from lakehouse.errors import UsageError
from lakehouse.ml.calibration import calibration_error_by_chance
from lakehouse.ml.candidates import dummy
from lakehouse.ml.cluster_bootstrap import Floats, Statistics
from lakehouse.ml.evaluate import calibration_bins, calibration_error
from lakehouse.ml.select import Folds, folds_by_customer
from lakehouse.ml.tasks.class_metrics import ClassMetrics, confusion
from lakehouse.ml.tasks.task import Scorer, Task
from lakehouse.quality.builtin import PROBABILITY_IS_VALID, between, present
from lakehouse.quality.rules import Rule

if TYPE_CHECKING:
    from mlflow.types import TensorSpec

MOST_CLASSES = 50
_OF_CLASSES = ("f1_macro", "balanced_accuracy")
"""The metrics of predicted classes, whatever their probabilities."""


class Multiclass(Task):
    """Scores are a frame with the probability of each class; classes are strings."""

    name = "multiclass"
    losses = frozenset({"log_loss", "calibration_error"})
    not_worse = ("log_loss",)
    row_loss = "squared error of the probabilities"
    predicted = {"prediction": "string", "probability": "double"}

    def labels(self, values: pd.Series) -> pd.Series | None:
        """Strings as they are, whole numbers (also with a decimal point) and booleans as text."""
        kind = pd.api.types.infer_dtype(values.astype(object), skipna=False)
        if kind == "string":
            return values.astype(object)
        if kind in ("integer", "floating", "decimal", "boolean"):
            numbers = values.astype(float)
            is_whole = np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all()
            return numbers.astype(int).astype(str).astype(object) if is_whole else None
        return None

    def problem(self, labels: pd.Series) -> str | None:
        """At least three classes, and not more than 50."""
        count = int(labels.nunique())
        if count < 3:
            return "labels of a single class" if count == 1 else "labels of two classes only"
        return f"labels of {count} classes, more than {MOST_CLASSES}" if count > 50 else None

    def problem_of_sides(self, training: pd.Series, test: pd.Series) -> str | None:
        """Both sides have the same classes. Classes are counted, since a label may be a value."""
        known, there = set(training), set(test)
        if missing := len(known - there):
            return f"the test side has no row of {missing} of {len(known)} classes"
        if unknown := len(there - known):
            return f"the training side has no row of {unknown} of {len(there)} classes"
        return None

    def describe(self, labels: pd.Series, weights: Floats) -> dict[str, Any]:
        """The share of each class."""
        totals = pd.Series(weights).groupby(labels.to_numpy()).sum()
        shares = totals / totals.sum()
        return {"label_shares": {str(name): round(float(s), 6) for name, s in shares.items()}}

    def folds(self, labels: pd.Series, customers: pd.Series) -> Folds:
        """Stratified by class."""
        return folds_by_customer(labels, customers)

    def dummy(self, metric: str) -> Pipeline:
        """The share of each class."""
        return dummy()

    def scorer(self, metric: str) -> Scorer:
        """A scorer that also works for a fold without a row of some class."""
        name = recorded_name(metric, "multiclass")
        sign = -1 if name in self.losses else 1

        def score(
            model: Pipeline,
            features: pd.DataFrame,
            labels: pd.Series,
            sample_weight: Floats | None = None,
        ) -> float:
            metrics = ClassMetrics(labels, self.scores(model, features))
            return sign * metrics.all(sample_weight)[name]

        return score

    def scores(self, model: Pipeline, features: pd.DataFrame) -> pd.DataFrame:
        """The probabilities, one column for each class in alphabetical order."""
        return pd.DataFrame(model.predict_proba(features), columns=model.classes_)

    def metrics(self, labels: pd.Series, scores: pd.DataFrame) -> dict[str, float]:
        """Log loss, macro F1, balanced accuracy, accuracy, AUC of each class against the others
        (mean), and the calibration error of the predicted class's probability."""
        is_right, confidence = _confidence(labels, scores)
        error = {"calibration_error": calibration_error(is_right, confidence)}
        return ClassMetrics(labels, scores).all() | error

    def statistics(self, labels: pd.Series, scores: pd.DataFrame) -> Statistics:
        """All but the calibration error."""
        return ClassMetrics(labels, scores).of_draws

    def statistics_of_part(
        self, labels: pd.Series, scores: pd.DataFrame, *, whole: pd.Series
    ) -> Statistics:
        """Without the macro F1 where a class is absent, which would count as an F1 of 0."""
        of_draws = self.statistics(labels, scores)
        if labels.nunique() == whole.nunique():
            return of_draws
        return lambda weights: {
            name: values for name, values in of_draws(weights).items() if name != "f1_macro"
        }

    def row_losses(self, labels: pd.Series, scores: pd.DataFrame) -> npt.NDArray[np.float64]:
        """The squared errors of the probabilities of all classes, summed (the Brier score of
        several classes)."""
        is_class = np.asarray(labels)[:, None] == scores.columns.to_numpy()[None, :]
        losses: npt.NDArray[np.float64] = np.square(scores.to_numpy() - is_class).sum(axis=1)
        return losses

    def expected_losses(self, scores: pd.DataFrame) -> npt.NDArray[np.float64]:
        """``Σ p (1 - p)`` over the classes."""
        p = scores.to_numpy()
        losses: npt.NDArray[np.float64] = (p * (1 - p)).sum(axis=1)
        return losses

    def mistakes(self, labels: pd.Series, scores: pd.DataFrame) -> pd.DataFrame:
        """Rows whose predicted class is wrong, by its probability."""
        is_right, confidence = _confidence(labels, scores)
        row = np.flatnonzero(is_right == 0)
        return pd.DataFrame(
            {
                "row": row,
                "kind": "wrong class",
                "label": np.asarray(labels)[row],
                "predicted": scores.idxmax(axis=1).to_numpy()[row],
                "weight": confidence[row],
            }
        )

    def chance(self, scores: pd.DataFrame, customers: npt.ArrayLike) -> dict[str, float]:
        """``calibration_error_by_chance``, of the predicted class's probability."""
        by_chance = calibration_error_by_chance(scores.max(axis=1), customers)
        return {"calibration_error_by_chance": by_chance}

    def predict(self, model: Pipeline, features: pd.DataFrame) -> list[npt.NDArray[Any]]:
        """The most probable class, and its probability."""
        probabilities = model.predict_proba(features)
        names = np.asarray(model.classes_, dtype=object)[probabilities.argmax(axis=1)]
        return [names, probabilities.max(axis=1)]

    def rules(self, where: str) -> list[Rule]:
        """A class is present, and its probability is between 0 and 1."""
        return [
            between(PROBABILITY_IS_VALID, "probability", 0, 1, where),
            present("prediction_is_present", "prediction", where),
        ]

    def published(self, predictions: pd.DataFrame, labels: pd.Series, metric: str) -> pd.DataFrame:
        """The predicted class with probability 1, for metrics that need no more than the class."""
        if metric not in _OF_CLASSES:
            raise UsageError(
                f"{metric} needs the probability of each class, and predictions have that of the "
                "most probable one alone",
                hint=f"write metric: {' or '.join(_OF_CLASSES)}, or compare on the hold-out: "
                "`lakehouse models compare A B`",
            )
        predicted = predictions["prediction"].astype(str).to_numpy()
        names = sorted({*predicted, *labels})
        return pd.DataFrame({name: (predicted == name).astype(float) for name in names})

    def monitored(self, scores: pd.DataFrame) -> npt.NDArray[np.float64]:
        """The probability of the most probable class."""
        return super().monitored(scores.max(axis=1))

    def confidence(self, labels: pd.Series, scores: pd.DataFrame) -> tuple[Any, Any]:
        """Whether the predicted class is the true one, and its probability."""
        return _confidence(labels, scores)

    def leads(self, metric: str) -> tuple[str, ...]:
        """The declared metric."""
        return (recorded_name(metric, "multiclass"),)

    def curves(
        self, labels: pd.Series, scores: Mapping[str, pd.DataFrame], chosen: str
    ) -> dict[str, Any]:
        """Predicted against true classes, and the calibration of the predicted class."""
        is_right, confidence = _confidence(labels, scores[chosen])
        return {
            "chosen": chosen,
            "confusion": confusion(labels, scores[chosen]),
            "calibration": calibration_bins(is_right, confidence),
        }

    def output(self, model: Pipeline) -> TensorSpec:
        """The probability of each class."""
        from mlflow.types import TensorSpec

        return TensorSpec(np.dtype("float64"), (-1, len(model.classes_)))


def _confidence(
    labels: pd.Series, scores: pd.DataFrame
) -> tuple[npt.NDArray[np.int_], npt.NDArray[np.float64]]:
    """Whether the predicted class is right, and its probability."""
    is_right = scores.idxmax(axis=1).to_numpy() == labels.to_numpy()
    return is_right.astype(int), scores.max(axis=1).to_numpy()
