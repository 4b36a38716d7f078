"""A search on Spark's workers scores and chooses as one in this process does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from lakehouse.ml import search as module
from lakehouse.ml.candidates import standard
from lakehouse.ml.fitting import Fitting
from lakehouse.ml.search import Search, search
from lakehouse.ml.select import folds_by_customer
from lakehouse.ml.sides import Side
from lakehouse.ml.tasks.binary import Binary


@pytest.fixture(scope="module")
def tried() -> Search:
    rng = np.random.default_rng(1)
    size = 600
    features = pd.DataFrame(
        {
            "spent": np.exp(rng.normal(size=size)),
            "visits": rng.poisson(3, size).astype(float),
            "segment": rng.choice(["a", "b", "c"], size),
        }
    )
    chance = 1 / (1 + np.exp(2 - features["visits"] + features["spent"]))
    labels = pd.Series((rng.random(size) < chance).astype(int))
    rows = Side(features, labels, pd.Series(np.arange(size) // 3))
    folds = folds_by_customer(labels, rows.customers)
    candidates = standard(["spent", "visits"], ["segment"])
    return Search(candidates, rows, folds, "roc_auc", Fitting(Binary()))


def test_workers_give_the_scores_of_this_process(
    spark: SparkSession, tried: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = list(search(tried, spark, lambda _: None))
    assert [found.name for found in here] == ["dummy", "linear", "boosted"]
    told: list[str] = []
    monkeypatch.setattr(module, "PARALLEL_FROM", 1)
    there = list(search(tried, spark, told.append))
    # Two linear and two boosted candidates; the dummy is scored here.
    assert told == [f"{4 * len(tried.folds)} fits on Spark's workers"]
    assert [(f.name, f.params, f.mean, f.se) for f in there] == [
        (f.name, f.params, f.mean, f.se) for f in here
    ]
