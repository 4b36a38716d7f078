"""The standard candidates, from the simplest to the most complex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer

SEED = 20_260
BOOSTED: dict[str, Any] = {
    "learning_rate": 0.06,
    "max_iter": 120,
    "min_samples_leaf": 40,
    "early_stopping": False,
    "random_state": SEED,
}
"""The parameters of boosted trees. The number of iterations is fixed: early stopping would put rows
of one customer on both sides of its split."""


@dataclass(frozen=True)
class Candidate:
    """A pipeline from features to a probability, and its parameter grid (as in scikit-learn).

    An empty grid keeps the pipeline's own parameters. List simpler parameters first.
    """

    name: str
    pipeline: Pipeline
    grid: dict[str, list[Any]] = field(default_factory=dict)


def standard(
    numeric: Sequence[str], categorical: Sequence[str], task: str = "binary", metric: str = ""
) -> dict[str, Candidate]:
    """Dummy (the base rate), logistic regression, gradient-boosted trees; or those for a number.

    Every pipeline includes its preprocessing and accepts NaN and unknown categories.
    """
    if task == "regression":
        from lakehouse.ml.regression_candidates import standard_regression

        return standard_regression(list(numeric), list(categorical), metric)
    columns = (list(numeric), list(categorical))
    candidates = [
        Candidate("dummy", dummy()),
        Candidate("linear", linear(*columns), {"model__C": [0.01, 1.0]}),
        Candidate("boosted", boosted(*columns), {"model__max_leaf_nodes": [6, 16]}),
    ]
    return {candidate.name: candidate for candidate in candidates}


def dummy() -> Pipeline:
    """Predicts the base rate for every row: the baseline that a model must beat."""
    return Pipeline([("model", DummyClassifier(strategy="prior"))])


def linear(numeric: list[str], categorical: list[str]) -> Pipeline:
    """Logistic regression on quantiles mapped to a normal distribution, robust to outliers."""
    normal = QuantileTransformer(n_quantiles=100, output_distribution="normal", random_state=SEED)
    numbers = Pipeline([("impute", impute_numbers()), ("normal", normal)])
    model = LogisticRegression(max_iter=1000)
    return Pipeline([("prepare", prepare(numbers, numeric, categorical)), ("model", model)])


def boosted(numeric: list[str], categorical: list[str]) -> Pipeline:
    """Histogram gradient boosting, with the parameters ``BOOSTED``."""
    model = HistGradientBoostingClassifier(**BOOSTED)
    prepared = prepare(impute_numbers(), numeric, categorical)
    return Pipeline([("prepare", prepared), ("model", model)])


def impute_numbers() -> SimpleImputer:
    """Impute the median, with an indicator column. A feature that is all NaN becomes 0."""
    return SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)


def prepare(
    numbers: Pipeline | SimpleImputer, numeric: list[str], categorical: list[str]
) -> ColumnTransformer:
    """Impute and one-hot encode: at most 30 categories per column, each with at least 20 rows,
    since rare values could identify persons."""
    categories = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=20,
        max_categories=30,
        sparse_output=False,
    )
    impute = SimpleImputer(strategy="constant", fill_value="(none)")
    return ColumnTransformer(
        [
            ("numbers", numbers, numeric),
            ("categories", Pipeline([("impute", impute), ("one_hot", categories)]), categorical),
        ]
    )
