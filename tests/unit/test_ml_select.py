"""The simplest candidate that is as good as the best is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from lakehouse.errors import UsageError
from lakehouse.ml.candidates import Candidate, boosted, dummy, linear
from lakehouse.ml.fitting import Fitting
from lakehouse.ml.search import Search, search
from lakehouse.ml.select import (
    Validated,
    folds_by_customer,
    simplest_within_one_standard_error,
)
from lakehouse.ml.sides import Side
from lakehouse.ml.tasks.binary import Binary


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


def validated(name: str, mean: float, se: float) -> Validated:
    return Validated(Candidate(name, dummy()), {}, mean, se)


@pytest.mark.parametrize(("linear_mean", "chosen"), [(0.781, "linear"), (0.779, "boosted")])
def test_the_simplest_within_one_standard_error_of_the_best(
    linear_mean: float, chosen: str
) -> None:
    tried = [
        validated("dummy", 0.5, 0.0),
        # Its own large error does not help: the best one's counts.
        validated("linear", linear_mean, 0.1),
        validated("boosted", 0.8, 0.02),
    ]
    assert simplest_within_one_standard_error(tried).name == chosen


def test_folds_share_no_customer() -> None:
    customers = pd.Series(np.repeat([f"c{n}" for n in range(30)], 4))
    labels = pd.Series(np.tile([0, 1], 60))
    for train, test in folds_by_customer(labels, customers):
        assert set(customers[train]).isdisjoint(customers[test])


def test_one_customer_of_a_class_is_too_few() -> None:
    with pytest.raises(UsageError, match="fewer than two customers of a class"):
        folds_by_customer(pd.Series([0, 0, 1]), pd.Series(["a", "b", "c"]))


def test_the_best_setting_of_a_grid_is_kept() -> None:
    rng = np.random.default_rng(0)
    features = pd.DataFrame({"spent": rng.normal(size=200)})
    labels = (features["spent"] > 0).astype(int)
    folds = folds_by_customer(labels, pd.Series(range(200)))
    candidate = Candidate("linear", linear(["spent"], []), {"model__C": [1e-9, 1.0]})
    rows = Side(features, labels, pd.Series(range(200)))
    tried = Search({"linear": candidate}, rows, folds, "neg_log_loss", Fitting(Binary()))
    (found,) = search(tried, None, lambda _: None)
    assert found.params == {"model__C": 1.0}


@pytest.mark.parametrize("make", [linear, boosted])
def test_empty_features_new_categories_and_skew_are_no_trouble(
    make: Callable[..., Pipeline],
) -> None:
    rng = np.random.default_rng(0)
    features = pd.DataFrame(
        {
            "spent": np.exp(rng.normal(size=300) * 5),
            "never": np.full(300, np.nan),
            "segment": rng.choice(["a", "b"], 300),
        }
    )
    labels = (features["spent"] > 1).astype(int)
    model = make(["spent", "never"], ["segment"]).fit(features, labels)
    unseen = pd.DataFrame(
        {"spent": [np.nan, 1e9], "never": [1.0, np.nan], "segment": [np.nan, "z"]}
    )
    assert np.isfinite(model.predict_proba(unseen)).all()
