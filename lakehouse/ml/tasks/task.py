"""What training asks of a task. A new task is a subclass and its registration."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from lakehouse.config.tasks import TaskName
from lakehouse.ml.cluster_bootstrap import Floats, Statistics
from lakehouse.ml.select import Folds
from lakehouse.quality.rules import Rule

if TYPE_CHECKING:
    from mlflow.types import TensorSpec

Scores = Any
"""What a model gives for each row: probabilities (binary), a frame with a column for each class
(multiclass), or numbers (regression)."""
Scorer = str | Callable[..., float]
"""The name of scikit-learn's scorer, or a function of model, features, labels and
``sample_weight``."""


class Task(ABC):
    """The parts of a training that depend on what is predicted.

    ``losses`` are the metrics of which less is better. ``not_worse`` are the losses in which a
    model must not be worse than the dummy. ``row_loss`` says what ``row_losses`` are.
    ``predict_fn`` is the method that MLflow's own loader calls. ``predicted`` are the columns of a
    prediction with their Spark types, ``double`` or ``string``; ``config.tasks`` has their names
    too, for checks without scikit-learn.
    """

    name: ClassVar[TaskName]
    losses: ClassVar[frozenset[str]]
    predicted: ClassVar[Mapping[str, str]]
    not_worse: ClassVar[tuple[str, ...]] = ()
    row_loss: ClassVar[str]
    predict_fn: ClassVar[str] = "predict_proba"
    is_classification: ClassVar[bool] = True

    @abstractmethod
    def labels(self, values: pd.Series) -> pd.Series | None:
        """The labels in the form that models are trained on; None where they do not fit."""

    @abstractmethod
    def problem(self, labels: pd.Series) -> str | None:
        """Why one side of a split cannot be used, such as ``only labels of 0``."""

    def problem_of_sides(self, training: pd.Series, test: pd.Series) -> str | None:
        """Why the two sides cannot be used together."""
        return None

    @abstractmethod
    def describe(self, labels: pd.Series, weights: Floats) -> dict[str, Any]:
        """The labels of a side in figures, for the run's record."""

    @abstractmethod
    def folds(self, labels: pd.Series, customers: pd.Series) -> Folds:
        """Folds without a common customer."""

    @abstractmethod
    def dummy(self, metric: str) -> Pipeline:
        """The best constant prediction by ``metric``: the baseline that a model must beat."""

    @abstractmethod
    def scorer(self, metric: str) -> Scorer:
        """The scorer of a declared metric; greater is better."""

    @abstractmethod
    def scores(self, model: Pipeline, features: pd.DataFrame) -> Scores:
        """The scores of a fitted model."""

    @abstractmethod
    def metrics(self, labels: pd.Series, scores: Scores) -> dict[str, float]:
        """All metrics of one model on the hold-out."""

    @abstractmethod
    def statistics(self, labels: pd.Series, scores: Scores) -> Statistics:
        """The metrics that get intervals, for the bootstrap."""

    def statistics_of_part(
        self, labels: pd.Series, scores: Scores, *, whole: pd.Series
    ) -> Statistics:
        """The metrics of some rows of the hold-out, as far as they compare with those of the
        ``whole`` (its labels)."""
        return self.statistics(labels, scores)

    @abstractmethod
    def row_losses(self, labels: pd.Series, scores: Scores) -> npt.NDArray[np.float64]:
        """How wrong the score of each row is; the errors of slices are compared by it."""

    def expected_losses(self, scores: Scores) -> npt.NDArray[np.float64] | None:
        """The ``row_losses`` that a calibrated model expects of its scores; None where scores do
        not say how certain they are."""
        return None

    @abstractmethod
    def mistakes(self, labels: pd.Series, scores: Scores) -> pd.DataFrame:
        """The rows that are wrong, in their order: ``row`` (position), ``kind``, ``label``,
        ``predicted`` and ``weight`` (the more confident or larger a mistake, the greater)."""

    def chance(self, scores: Scores, customers: npt.ArrayLike) -> dict[str, float]:
        """What chance alone explains, for the gate on calibration."""
        return {}

    def predict(self, model: Pipeline, features: pd.DataFrame) -> list[npt.NDArray[Any]]:
        """The values of the columns ``predicted``, for each row."""
        return [self.scores(model, features)]

    @abstractmethod
    def rules(self, where: str) -> list[Rule]:
        """The rules that each prediction must meet to be published; ``where`` is the file and line
        of the declaration."""

    def published(self, predictions: pd.DataFrame, labels: pd.Series, metric: str) -> Scores:
        """The scores in the columns of the prediction tables, to be measured by ``metric``.

        Raises UsageError where these columns are not enough for the metric.
        """
        (name,) = self.predicted
        return predictions[name].to_numpy(float)

    def monitored(self, scores: Scores) -> npt.NDArray[np.float64]:
        """The number of each row that is monitored: a probability, or the predicted number."""
        return np.asarray(scores, dtype=float)

    def confidence(self, labels: pd.Series, scores: Scores) -> tuple[Any, Any] | None:
        """Events of 0 or 1 and their probabilities, which calibration compares; None where a task
        has none."""
        return None

    @abstractmethod
    def leads(self, metric: str) -> tuple[str, ...]:
        """The metrics in which the lower bound of the lead over the dummy must be above 0."""

    @abstractmethod
    def curves(
        self, labels: pd.Series, scores: Mapping[str, Scores], chosen: str
    ) -> dict[str, Any]:
        """The curves of the hold-out as numbers, for plots and the report."""

    @abstractmethod
    def output(self, model: Pipeline) -> TensorSpec:
        """The output of ``predict_fn``, for the model's signature."""
