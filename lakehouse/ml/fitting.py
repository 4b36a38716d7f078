"""Fit a candidate as ``training`` in ``model.yml`` declares: stages, class weights, calibration."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.pipeline import Pipeline

from lakehouse.config.model.training import ModelTraining
from lakehouse.ml.candidates import Candidate
from lakehouse.ml.cluster_bootstrap import Floats
from lakehouse.ml.stages import CALIBRATED, SELECT, add_stages, freeze_selection
from lakehouse.ml.weights import balance, fit_params

if TYPE_CHECKING:
    from lakehouse.ml.sides import Side
    from lakehouse.ml.tasks.task import Task

DEFAULT = ModelTraining()


def is_dummy(pipeline: Pipeline) -> bool:
    """Whether it is one of scikit-learn's constant predictions."""
    return isinstance(pipeline.steps[-1][1], DummyClassifier | DummyRegressor)


@dataclass(frozen=True)
class Fitting:
    """How all candidates of a training are fitted, in each fold and at last."""

    task: Task
    training: ModelTraining = DEFAULT

    def fit(self, candidate: Candidate, params: Mapping[str, Any], rows: Side) -> Pipeline:
        """Fit a copy of the candidate with ``params`` on ``rows``, and nothing else.

        Sampling weights count in the model, its stages and its calibration. Class weights count in
        the model and its stages alone, so that calibration takes their effect on probabilities
        back. A dummy is fitted without stages: it stays the constant that a model must beat.
        """
        if is_dummy(candidate.pipeline):
            pipeline = clone(candidate.pipeline).set_params(**params)
            weighted = fit_params(pipeline, rows.weights)
            return pipeline.fit(rows.features, rows.labels, **weighted)
        staged = self.staged(candidate, params)
        steps = [SELECT] if SELECT in staged.named_steps else []
        weighted = fit_params(staged, self.weights(rows), *steps)
        if self.training.calibration is None:
            return freeze_selection(staged.fit(rows.features, rows.labels, **weighted))
        return self._fit_calibrated(staged, rows, weighted)

    def staged(self, candidate: Candidate, params: Mapping[str, Any]) -> Pipeline:
        """An unfitted copy of the candidate with ``params`` and the declared stages."""
        return add_stages(clone(candidate.pipeline).set_params(**params), self.training)

    def weights(self, rows: Side) -> Floats | None:
        """The weights with which the model and its stages are fitted; None for equal ones."""
        return balance(rows.labels, rows.weights) if self.training.class_weight else rows.weights

    def _fit_calibrated(
        self, staged: Pipeline, rows: Side, weighted: Mapping[str, Floats]
    ) -> Pipeline:
        """One model on all rows, and a calibrator on the scores of models that were not fitted on
        the customer of the row."""
        folds = self.task.folds(rows.labels, rows.customers)
        calibrated = CalibratedClassifierCV(
            staged, method=self.training.calibration, cv=folds, ensemble=False
        )
        with warnings.catch_warnings():
            # It cannot know that the weights reach the model as parameters of the pipeline's fit.
            warnings.filterwarnings("ignore", message=".*does not appear to accept sample_weight")
            calibrated.fit(rows.features, rows.labels, sample_weight=rows.weights, **weighted)
        calibrated.set_params(cv=None)  # The folds are a number for each row, and would be saved.
        inner = calibrated.calibrated_classifiers_[0]
        inner.estimator = freeze_selection(inner.estimator)
        return Pipeline([(CALIBRATED, calibrated)])
