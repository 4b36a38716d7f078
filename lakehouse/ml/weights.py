"""The weight of a row in training: the rows of the table that a sampled row stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.metrics import get_scorer
from sklearn.pipeline import Pipeline

from lakehouse.ml.candidates import SEED
from lakehouse.ml.cluster_bootstrap import Floats

if TYPE_CHECKING:
    from lakehouse.ml.sides import Side
    from lakehouse.ml.tasks.task import Scorer

WEIGHT = "_weight"
"""The column of a sampled training frame with the inverse of the row's sampling rate. A frame that
was not sampled has no such column."""


def fit_params(pipeline: Pipeline, weights: Floats | None, *steps: str) -> dict[str, Floats]:
    """The weights as parameters of ``Pipeline.fit``, for its model and for further ``steps``."""
    if weights is None:
        return {}
    return {f"{name}__sample_weight": weights for name in (pipeline.steps[-1][0], *steps)}


def balance(labels: pd.Series, weights: Floats | None) -> Floats:
    """``weights`` times a factor for each class, such that all classes have the same total.

    The total of all rows stays what it was, as with scikit-learn's ``class_weight="balanced"``.
    """
    given = np.ones(len(labels)) if weights is None else weights
    names, place_of = np.unique(labels.to_numpy(), return_inverse=True)
    totals = np.bincount(place_of, weights=given)
    balanced: Floats = given * (given.sum() / len(names) / totals)[place_of]
    return balanced


def score_rows(scorer: Scorer, model: Pipeline, rows: Side) -> float:
    """The score of a fitted model on rows with their weights; greater is better."""
    call = get_scorer(scorer) if isinstance(scorer, str) else scorer
    weighted = {} if rows.weights is None else {"sample_weight": rows.weights}
    return float(call(model, rows.features, rows.labels, **weighted))


def representative(weights: Floats | None, size: int) -> Any:
    """Which of ``size`` rows to look at for the distribution of the table: a row is kept with a
    probability proportional to its weight. All rows where they have none."""
    if weights is None:
        return np.ones(size, dtype=bool)
    return np.random.default_rng(SEED).random(size) < weights / weights.max()
