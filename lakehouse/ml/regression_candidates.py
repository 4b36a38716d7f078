"""The standard candidates for a number, from the simplest to the most complex."""

from __future__ import annotations

from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline

from lakehouse.ml.candidates import BOOSTED, Candidate, boosted, linear


def standard_regression(numeric: list[str], categorical: list[str]) -> dict[str, Candidate]:
    """Ridge regression and gradient-boosted trees; training adds the dummy of the metric.

    The preprocessing is that of the classifiers.
    """
    ridge = _with_model(linear(numeric, categorical), Ridge())
    trees = HistGradientBoostingRegressor(**BOOSTED)
    candidates = [
        Candidate("linear", ridge, {"model__alpha": [100.0, 1.0]}),
        Candidate(
            "boosted",
            _with_model(boosted(numeric, categorical), trees),
            {"model__max_leaf_nodes": [6, 16]},
        ),
    ]
    return {candidate.name: candidate for candidate in candidates}


def _with_model(classifier: Pipeline, model: object) -> Pipeline:
    return Pipeline([("prepare", classifier.named_steps["prepare"]), ("model", model)])
