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


@dataclass(frozen=True)
class Candidate:
    """A pipeline from features to a probability, and the settings to try (scikit-learn's form).

    An empty grid tries the pipeline as it is. Of a grid, list the simpler settings first.
    """

    name: str
    pipeline: Pipeline
    grid: dict[str, list[Any]] = field(default_factory=dict)


def standard(numeric: Sequence[str], categorical: Sequence[str]) -> dict[str, Candidate]:
    """Dummy (the share of the label), logistic regression, gradient-boosted trees.

    Every pipeline holds its own preparation, takes NULL as NaN and categories it never saw.
    """
    columns = (list(numeric), list(categorical))
    candidates = [
        Candidate("dummy", dummy()),
        Candidate("linear", linear(*columns), {"model__C": [0.01, 1.0]}),
        Candidate("boosted", boosted(*columns), {"model__max_leaf_nodes": [6, 16]}),
    ]
    return {candidate.name: candidate for candidate in candidates}


def dummy() -> Pipeline:
    """The share of the label, for everyone: what a model must beat to be of use."""
    return Pipeline([("model", DummyClassifier(strategy="prior"))])


def linear(numeric: list[str], categorical: list[str]) -> Pipeline:
    """Logistic regression on ranks made normal, so that skew and outliers do not dominate."""
    normal = QuantileTransformer(n_quantiles=100, output_distribution="normal", random_state=SEED)
    numbers = Pipeline([("impute", _impute_numbers()), ("normal", normal)])
    model = LogisticRegression(max_iter=1000)
    return Pipeline([("prepare", _prepare(numbers, numeric, categorical)), ("model", model)])


def boosted(numeric: list[str], categorical: list[str]) -> Pipeline:
    """Histogram gradient boosting. Its length is fixed: early stopping would split one
    customer's rows over both sides."""
    model = HistGradientBoostingClassifier(
        learning_rate=0.06,
        max_iter=120,
        min_samples_leaf=40,
        early_stopping=False,
        random_state=SEED,
    )
    prepare = _prepare(_impute_numbers(), numeric, categorical)
    return Pipeline([("prepare", prepare), ("model", model)])


def _impute_numbers() -> SimpleImputer:
    """The median for NULL, and a column that says so. A feature that is all NULL becomes 0."""
    return SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)


def _prepare(
    numbers: Pipeline | SimpleImputer, numeric: list[str], categorical: list[str]
) -> ColumnTransformer:
    """One-hot, at most 30 categories per column and none of fewer than 20 rows: rare values would
    single out persons."""
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
