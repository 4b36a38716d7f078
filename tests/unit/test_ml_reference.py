"""The reference of a model: bins robust to ties, no level of few customers, exact counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.pipeline import Pipeline, make_pipeline

from lakehouse.config.tasks import TaskName
from lakehouse.ml.bins import (
    FEWEST_ENTITIES,
    INFINITE,
    MOST_BINS,
    MOST_LEVELS,
    NAN,
    level_bins,
    numeric_bins,
)
from lakehouse.ml.columns import Columns
from lakehouse.ml.counts import Counts
from lakehouse.ml.reference import Reference, make_reference
from lakehouse.ml.tasks.registry import task_of


def shares(values: np.ndarray) -> list[float]:
    bins = numeric_bins(values)
    assigned = bins.assign(np.asarray(values, float))
    return [round(float((assigned == place).mean()), 3) for place in range(len(bins))]


def test_a_continuous_feature_has_ten_equal_bins() -> None:
    assert shares(np.random.default_rng(1).normal(size=10_000)) == [0.1] * 10


@pytest.mark.parametrize("ones", [0.001, 0.03, 0.5, 0.97, 0.999])
def test_a_flag_keeps_both_values(ones: float) -> None:
    values = (np.arange(1000) < 1000 * ones).astype(float)
    assert shares(values) == [round(1 - ones, 3), ones]


def test_a_heavy_value_has_its_own_bin_and_the_rest_is_divided() -> None:
    values = np.concatenate([np.zeros(600), np.random.default_rng(2).exponential(size=400)])
    found = shares(values)
    assert found[0] == 0.6
    assert len(found) == 5
    assert min(found) >= 0.099


def test_a_heavy_value_in_the_middle_is_not_mixed_with_its_neighbours() -> None:
    assert shares(np.repeat([-3.0, 0.0, 7.0], [1, 98, 1])) == [0.01, 0.98, 0.01]


def test_a_constant_notices_any_other_value() -> None:
    bins = numeric_bins([5.1234] * 50)
    assert bins.assign(np.array([5.1233, 5.1234, 5.1235])).tolist() == [0, 1, 2]


def test_a_feature_without_a_value_has_one_bin_and_no_range() -> None:
    bins = numeric_bins([np.nan, np.inf, np.nan])
    assert (len(bins), bins.lowest, bins.highest) == (1, None, None)
    assert bins.assign(np.array([1.0, np.nan, -np.inf])).tolist() == [0, NAN, INFINITE]
    assert not bins.is_out_of_range(np.array([1.0, np.nan])).any()


def test_there_are_never_more_than_ten_bins() -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        kinds = rng.integers(1, 30)
        values = rng.choice(rng.normal(size=kinds), size=rng.integers(1, 400))
        bins = numeric_bins(values)
        assert 1 <= len(bins) <= MOST_BINS
        assert list(bins.edges) == sorted(set(bins.edges))


def test_the_range_is_rounded_outward_to_two_digits() -> None:
    bins = numeric_bins([-0.01234, 3.0, 12_345.67])
    assert (bins.lowest, bins.highest) == (-0.013, 13_000.0)
    outside = bins.is_out_of_range(np.array([-0.02, 13_000.0, 13_000.1, np.inf, np.nan]))
    assert outside.tolist() == [True, False, True, False, False]


def test_a_level_of_few_customers_is_not_named_however_many_rows_it_has() -> None:
    names = ["often"] * FEWEST_ENTITIES + ["only Ada"] * 500
    entities = [f"c{number}" for number in range(FEWEST_ENTITIES)] + ["ada"] * 500
    bins = level_bins(pd.Series(names), pd.Series(entities))
    assert bins.levels == ("often",)
    assert bins.assign(["often", "only Ada", "new", None]).tolist() == [0, 1, 1, -1]


def test_the_most_frequent_levels_are_named() -> None:
    names = [f"l{level:02d}" for level in range(30) for _ in range(30 + level)]
    entities = [f"c{number}" for number in range(len(names))]
    bins = level_bins(pd.Series(names), pd.Series(entities))
    assert bins.levels == tuple(f"l{level:02d}" for level in range(30 - MOST_LEVELS, 30))


def made() -> Reference:
    rng = np.random.default_rng(4)
    spent = rng.exponential(size=500)
    spent[:50] = np.nan
    frame = pd.DataFrame({"spent": spent, "segment": ["a"] * 300 + ["b"] * 150 + [None] * 50})
    frame["segment"] = frame["segment"].astype(object)
    return make_reference(
        frame,
        pd.Series(range(500)),
        Columns(numeric=("spent",), categorical=("segment",)),
        rng.random(200),
    )


def test_the_score_is_a_probability_or_the_predicted_number() -> None:
    features = pd.DataFrame({"n": [0.0, 1.0, 2.0, 3.0]})
    two = make_pipeline(DummyClassifier()).fit(features, [0, 0, 0, 1])
    three = make_pipeline(DummyClassifier()).fit(features, ["a", "a", "b", "c"])
    number = make_pipeline(DummyRegressor()).fit(features, [1, 2, 3, 6])
    models: dict[TaskName, Pipeline] = {"binary": two, "multiclass": three, "regression": number}
    monitored = [
        task_of(name).monitored(task_of(name).scores(model, features))
        for name, model in models.items()
    ]
    assert [scores.tolist() for scores in monitored] == [
        [0.25] * 4,
        [0.5] * 4,
        [3.0] * 4,
    ]


def test_every_row_is_counted_once() -> None:
    reference = made()
    assert reference.features["segment"].counts == Counts((300, 150, 0), missing=50)
    assert reference.features["spent"].counts == Counts((45,) * 10, missing=50)
    assert reference.features["spent"].counts.rows == 500
    assert reference.score.counts.rows == 200


def test_the_json_is_the_same_reference_and_the_same_text() -> None:
    text = made().to_json()
    assert Reference.from_json(text) == made()
    assert Reference.from_json(text).to_json() == text
