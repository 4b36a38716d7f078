"""The gate on a day's scores and inputs names what is beyond it, for each day."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse.config.model.gates import ModelGates
from lakehouse.ml.columns import Columns
from lakehouse.ml.counts import Counts
from lakehouse.ml.reference import make_reference
from lakehouse.scoring.score_gate import find_problems, missing_share

MON, TUE = date(2026, 3, 2), date(2026, 3, 3)
RNG = np.random.default_rng(8)
REFERENCE = make_reference(
    pd.DataFrame({"orders": RNG.poisson(3, 2000), "spent": RNG.exponential(size=2000)}),
    pd.Series(range(2000)),
    Columns(("orders", "spent"), ()),
    RNG.beta(2, 5, size=2000),
)


@pytest.fixture(scope="module")
def scored(spark: SparkSession) -> DataFrame:
    """Scores as at training on Monday, all high on Tuesday."""
    days = [MON] * 400 + [TUE] * 400
    scores = [*RNG.beta(2, 5, size=400), *RNG.beta(5, 2, size=400)]
    return spark.createDataFrame(pd.DataFrame({"as_of": days, "probability": scores}))


@pytest.fixture(scope="module")
def features(spark: SparkSession) -> DataFrame:
    """Nothing missing on Monday, half of the amounts on Tuesday."""
    rows = [(MON, 3, 1.0), (MON, 2, 2.0), (TUE, 3, None), (TUE, 2, 2.0)]
    return spark.createDataFrame(rows, "as_of date, orders int, spent double")


def test_the_day_with_other_scores_is_named(scored: DataFrame, features: DataFrame) -> None:
    (problem,) = find_problems(scored, features, REFERENCE, ModelGates(max_score_psi=0.25))
    assert problem.startswith("on 2026-03-03 their PSI is ")
    assert problem.endswith(", above 0.25")


def test_the_day_with_missing_inputs_is_named_with_its_features(
    scored: DataFrame, features: DataFrame
) -> None:
    gates = ModelGates(max_missing_inputs=0.2)
    assert find_problems(scored, features, REFERENCE, gates) == [
        "on 2026-03-03 25.0% of the inputs are missing, above 20.0% (spent 50.0%, orders 0.0%)"
    ]


def test_what_is_within_the_gates_passes(scored: DataFrame, features: DataFrame) -> None:
    gates = ModelGates(max_score_psi=9, max_missing_inputs=0.25)
    assert find_problems(scored, features, REFERENCE, gates) == []
    assert find_problems(scored, features, REFERENCE, ModelGates()) == []


def test_null_and_nan_are_missing_inputs() -> None:
    counts = {"a": Counts((5, 1), missing=2, nan=2), "b": Counts((9,), infinite=1)}
    assert missing_share(counts) == 0.2
