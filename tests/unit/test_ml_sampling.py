"""Training rows are sampled in Spark with their weights; the hold-out never is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_up_training import declared, weekly
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.errors import DeclarationError
from lakehouse.ml import sampling as module
from lakehouse.ml.record import dataset
from lakehouse.ml.sampled import allocate
from lakehouse.ml.sampling import sample_training_rows
from lakehouse.ml.sides import split_frame
from lakehouse.ml.split import Split
from lakehouse.ml.train import describe_frame

HORIZON, MOST = 14, 500
MODEL = declared({"max_rows": MOST})
KEYS = ["customer_id", "as_of"]


@pytest.fixture(scope="module")
def frame(spark: SparkSession) -> DataFrame:
    """800 customers in 8 weeks; about one in fifteen has label 1, and some labels are missing."""
    rows = weekly(800, 8, rate=0.03)
    rows["churned"] = rows["churned"].astype(object).where(np.arange(len(rows)) % 50 > 0, None)
    schema = "customer_id string, as_of date, signal double, noise double, churned boolean"
    return spark.createDataFrame(list(rows.itertuples(index=False, name=None)), schema).cache()


def sampled(frame: DataFrame, most: int = MOST) -> pd.DataFrame:
    rows = sample_training_rows(frame, MODEL, most=most, horizon_days=HORIZON)
    return rows.orderBy(*KEYS).toPandas()


def sides(rows: pd.DataFrame) -> Split:
    return split_frame(rows, MODEL, HORIZON)[1]


def test_the_rare_class_is_kept_whole_and_weights_give_the_table_back(frame: DataFrame) -> None:
    whole, part = sides(frame.toPandas()).train, sides(sampled(frame)).train
    before = whole["churned"].value_counts()
    assert before[1] < MOST / 2 < before[0]
    after = part["churned"].value_counts()
    assert after.to_dict() == {1: before[1], 0: MOST - before[1]}
    weights = part.groupby("churned")["_weight"]
    assert (weights.nunique() == 1).all()
    assert weights.sum().to_dict() == pytest.approx(before.to_dict())
    assert part["signal"].tolist() == whole.merge(part[KEYS], on=KEYS)["signal"].tolist()
    assert np.average(part["signal"], weights=part["_weight"]) == pytest.approx(
        whole["signal"].mean(), abs=0.1
    )


def test_the_hold_out_is_not_sampled(frame: DataFrame) -> None:
    part = sides(sampled(frame)).test
    pd.testing.assert_frame_equal(
        part.drop(columns="_weight"), sides(frame.toPandas()).test, check_dtype=False
    )
    assert set(part["_weight"]) == {1.0}


def test_the_sample_does_not_depend_on_the_order_or_the_partitions(frame: DataFrame) -> None:
    other = frame.orderBy("signal").repartition(7)
    pd.testing.assert_frame_equal(sampled(frame), sampled(other))
    described = [describe_frame(sampled(rows), MODEL, HORIZON) for rows in (frame, other)]
    assert described[0] == described[1]


def test_a_larger_sample_contains_a_smaller_one(frame: DataFrame) -> None:
    small, large = (
        set(map(tuple, sides(sampled(frame, most)).train[KEYS].to_numpy())) for most in (300, 900)
    )
    assert small < large


def test_rows_of_neither_side_are_left_out(frame: DataFrame) -> None:
    parts, rows = sides(sampled(frame)), sampled(frame)
    # One row of a training customer stays for the last day, from which days are counted back.
    assert len(rows) == len(parts.train) + len(parts.test) + 1


def test_the_days_are_those_of_the_table_where_the_last_has_no_hold_out(frame: DataFrame) -> None:
    split = {"test_days": 21, "test_customers": 0.4, "every": 7}
    model, horizon = declared({"max_rows": MOST}, split=split), 7
    held_out = sides(frame.toPandas()).test["customer_id"].unique().tolist()
    last = frame.agg(F.max("as_of")).first()
    assert last is not None
    gone = frame.where(~(F.col("customer_id").isin(held_out) & (F.col("as_of") == last[0])))
    part = sample_training_rows(gone, model, most=MOST, horizon_days=horizon)
    days = [split_frame(rows.toPandas(), model, horizon)[1].days() for rows in (gone, part)]
    assert days[0] == days[1]
    assert days[0]["train_last_day"] == "2026-01-29"


def test_few_rows_are_left_as_they_are(frame: DataFrame) -> None:
    rows = sample_training_rows(frame, MODEL, most=10_000, horizon_days=HORIZON)
    assert rows.columns == frame.columns
    assert rows.count() == frame.count()


def test_a_regression_is_sampled_by_day(frame: DataFrame) -> None:
    model = declared({"max_rows": MOST}, task="regression", label="gold.spending.noise")
    rows = sample_training_rows(frame, model, most=MOST, horizon_days=HORIZON).toPandas()
    whole = split_frame(frame.toPandas(), model, HORIZON)[1].train
    part = split_frame(rows, model, HORIZON)[1].train
    days = part.groupby("as_of")["_weight"]
    assert days.count().sum() == MOST
    assert set(days.count()) == {83, 84}
    assert days.sum().to_dict() == pytest.approx(whole.groupby("as_of").size().to_dict())


def test_data_without_a_calendar_is_sampled(frame: DataFrame) -> None:
    model = declared({"max_rows": MOST}, split={"test_customers": 0.4})
    rows = sample_training_rows(frame, model, most=MOST, horizon_days=0).toPandas()
    whole, part = (split_frame(r, model, 0)[1] for r in (frame.toPandas(), rows))
    assert len(part.train) == MOST
    assert part.train["_weight"].sum() == pytest.approx(len(whole.train))
    assert len(part.test) == len(whole.test)


def test_the_record_has_rows_before_and_after_and_rates(frame: DataFrame) -> None:
    columns, parts = split_frame(sampled(frame), MODEL, HORIZON)
    assert columns.names == ["noise", "signal"]
    recorded = dataset(parts, columns, MODEL)
    whole = sides(frame.toPandas()).train
    ones = int(whole["churned"].sum())
    assert recorded["sampling"] == {
        "max_rows": MOST,
        "by": "label",
        "rows_before": len(whole),
        "rows_after": MOST,
        "strata": {
            "0": {
                "rows_before": len(whole) - ones,
                "rows_after": MOST - ones,
                "rate": round((MOST - ones) / (len(whole) - ones), 6),
            },
            "1": {"rows_before": ones, "rows_after": ones, "rate": 1.0},
        },
    }
    assert recorded["train_rows"] == MOST
    assert recorded["train_label_rate"] == pytest.approx(whole["churned"].mean(), abs=1e-6)


def test_another_weight_is_another_hash(frame: DataFrame) -> None:
    rows = sampled(frame)
    other = rows.assign(_weight=rows["_weight"] * 2)
    described = [describe_frame(some, MODEL, HORIZON) for some in (rows, other)]
    assert described[0]["train_digest"] != described[1]["train_digest"]


def test_a_label_of_many_values_is_no_class(
    frame: DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_STRATA", 100)
    model = declared({"max_rows": MOST}, label="gold.spending.noise")
    with pytest.raises(DeclarationError, match="'noise' does not fit task: binary"):
        sample_training_rows(frame, model, most=MOST, horizon_days=HORIZON)


@pytest.mark.parametrize(
    ("rows", "most", "kept"),
    [
        ({"0": 960, "1": 40}, 100, {"0": 60, "1": 40}),
        ({"0": 960, "1": 400}, 100, {"0": 50, "1": 50}),
        ({"a": 10, "b": 500, "c": 900}, 310, {"a": 10, "b": 150, "c": 150}),
        ({"a": 10, "b": 20}, 100, {"a": 10, "b": 20}),
        ({"a": 9, "b": 9, "c": 9}, 2, {"a": 1, "b": 1, "c": 1}),
    ],
)
def test_small_strata_are_kept_and_large_ones_capped(
    rows: dict[str, int], most: int, kept: dict[str, int]
) -> None:
    assert allocate(rows, most) == kept
