"""The standard candidates for a number, from the simplest to the most complex.

Numbers such as what a customer spends have a long tail, and many are 0. Two choices follow from it.
The linear model sees each feature twice: in its own unit, since what is spent is about proportional
to what was spent before, and by rank, which no outlier moves. And where ``metric`` is an absolute
error, candidates are fitted by absolute errors as well, to the median: a model of the mean would be
judged by what it was not fitted to.
"""

from __future__ import annotations

from typing import Any

from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import HuberRegressor, Ridge
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from lakehouse.config.tasks import ABSOLUTE_ERRORS
from lakehouse.ml.candidates import BOOSTED, SEED, Candidate, impute_numbers, prepare


def standard_regression(
    numeric: list[str], categorical: list[str], metric: str
) -> dict[str, Candidate]:
    """A linear model and gradient-boosted trees; training adds the dummy of the metric.

    For absolute errors the linear model has Huber's loss, which is quadratic for small errors only.
    """
    absolute = metric in ABSOLUTE_ERRORS
    columns = (numeric, categorical)
    candidates = [
        Candidate("linear", *(_huber(*columns) if absolute else _ridge(*columns))),
        Candidate(
            "boosted", _trees(*columns, absolute=absolute), {"model__max_leaf_nodes": [6, 16]}
        ),
    ]
    return {candidate.name: candidate for candidate in candidates}


def _ridge(numeric: list[str], categorical: list[str]) -> tuple[Pipeline, dict[str, list[Any]]]:
    pipeline = Pipeline([("prepare", _twice(numeric, categorical)), ("model", Ridge())])
    return pipeline, {"model__alpha": [100.0, 1.0]}


def _huber(numeric: list[str], categorical: list[str]) -> tuple[Pipeline, dict[str, list[Any]]]:
    """Huber's regression of the label in standard units: its solver stops at once at large ones."""
    model = TransformedTargetRegressor(HuberRegressor(max_iter=2000), transformer=StandardScaler())
    pipeline = Pipeline([("prepare", _twice(numeric, categorical)), ("model", model)])
    return pipeline, {"model__regressor__alpha": [1.0, 0.0001]}


def _trees(numeric: list[str], categorical: list[str], *, absolute: bool) -> Pipeline:
    loss = "absolute_error" if absolute else "squared_error"
    model = HistGradientBoostingRegressor(**BOOSTED, loss=loss)
    prepared = prepare(impute_numbers(), numeric, categorical)
    return Pipeline([("prepare", prepared), ("model", model)])


def _twice(numeric: list[str], categorical: list[str]) -> ColumnTransformer:
    """Each number in standard units, and its rank mapped to a normal distribution."""
    ranks = QuantileTransformer(n_quantiles=100, output_distribution="normal", random_state=SEED)
    both = FeatureUnion([("units", StandardScaler()), ("ranks", ranks)])
    return prepare(Pipeline([("impute", impute_numbers()), ("scales", both)]), numeric, categorical)
