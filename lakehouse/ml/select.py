"""Cross-validation, and the selection by the one-standard-error rule."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid, StratifiedGroupKFold, cross_val_score
from sklearn.pipeline import Pipeline

from lakehouse.errors import UsageError
from lakehouse.ml.candidates import SEED, Candidate

if TYPE_CHECKING:
    from lakehouse.ml.tasks.task import Scorer

FOLDS = 5
Folds = list[tuple[Any, Any]]


@dataclass(frozen=True)
class Validated:
    """A candidate with its best parameters: mean and standard error of the metric over folds."""

    candidate: Candidate
    params: dict[str, Any]
    mean: float
    se: float

    @property
    def name(self) -> str:
        """The candidate's name."""
        return self.candidate.name

    def fit(self, features: pd.DataFrame, labels: pd.Series) -> Pipeline:
        """Fit a copy of the pipeline with the best parameters."""
        return clone(self.candidate.pipeline).set_params(**self.params).fit(features, labels)


def folds_by_customer(labels: pd.Series, customers: pd.Series) -> Folds:
    """At most five folds without a common customer, stratified by the label.

    Grouped by customer instead of forward in time: rows of one customer on neighbouring days are
    nearly copies, and a short history has too few days for forward folds. The hold-out, which is
    on later days, covers the effect of time. Raises UsageError with fewer than two customers per
    class.
    """
    count = min(FOLDS, *(customers[labels == value].nunique() for value in labels.unique()))
    if count < 2:
        raise UsageError(
            "fewer than two customers of a class to train on",
            hint="train with more customers or days",
        )
    folds = StratifiedGroupKFold(count, shuffle=True, random_state=SEED)
    return list(folds.split(labels, labels, customers))


def cross_validate(
    candidate: Candidate, features: pd.DataFrame, labels: pd.Series, folds: Folds, metric: Scorer
) -> Validated:
    """The candidate with the best parameters of its grid; ties go to the earlier ones.

    ``metric`` is a scikit-learn scorer or its name, where greater is better.
    """
    results = [
        _score(candidate, params, features, labels, folds, metric)
        for params in ParameterGrid(candidate.grid)
    ]
    return max(results, key=lambda validated: validated.mean)


def _score(
    candidate: Candidate,
    params: dict[str, Any],
    features: pd.DataFrame,
    labels: pd.Series,
    folds: Folds,
    metric: Scorer,
) -> Validated:
    pipeline = clone(candidate.pipeline).set_params(**params)
    scores = cross_val_score(
        pipeline, features, labels, cv=folds, scoring=metric, error_score="raise"
    )
    se = float(np.std(scores, ddof=1)) / math.sqrt(len(scores))
    return Validated(candidate, dict(params), float(np.mean(scores)), se)


def simplest_within_one_standard_error(validated: list[Validated]) -> Validated:
    """The first of ``validated`` (simplest first) within one standard error of the best mean."""
    best = max(validated, key=lambda candidate: candidate.mean)
    return next(candidate for candidate in validated if candidate.mean >= best.mean - best.se)
