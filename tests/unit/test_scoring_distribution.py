"""The counts of a day in Spark are those of numpy, NULL, NaN and infinity apart."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from lakehouse.errors import RunFailed
from lakehouse.ml.bins import LevelBins, NumericBins, numeric_bins
from lakehouse.ml.counts import Counts
from lakehouse.ml.reference import ColumnReference
from lakehouse.scoring.column_types import changed_types
from lakehouse.scoring.distribution import count_days, count_groups, select_scores

MON, TUE = date(2026, 3, 2), date(2026, 3, 3)
NONE = Counts(())


def column(bins: NumericBins | LevelBins) -> ColumnReference:
    kind = "numeric" if isinstance(bins, NumericBins) else "categorical"
    return ColumnReference(kind, bins, NONE)  # type: ignore[arg-type]


def test_null_nan_infinity_range_and_unseen_levels_are_told_apart(spark: SparkSession) -> None:
    rows = [
        (MON, 1.0, "a"), (MON, 2.0, "new"), (MON, None, None), (MON, float("nan"), "b"),
        (TUE, float("inf"), "a"), (TUE, float("-inf"), "a"), (TUE, 99.0, "a"), (TUE, -99.0, "b"),
    ]  # fmt: skip
    frame = spark.createDataFrame(rows, "as_of date, n double, level string").repartition(3)
    columns = {
        "n": column(NumericBins((1.0, 5.0), lowest=0.0, highest=10.0)),
        "level": column(LevelBins(("a", "b"))),
    }
    assert count_days(frame, columns) == {
        MON: {"n": Counts((1, 1, 0), missing=1, nan=1), "level": Counts((1, 1, 1), missing=1)},
        TUE: {"n": Counts((1, 0, 1), infinite=2, out_of_range=2), "level": Counts((3, 1, 0))},
    }


def test_the_counts_of_many_rows_are_those_of_numpy(spark: SparkSession) -> None:
    rng = np.random.default_rng(6)
    values = np.round(rng.normal(size=4000), 3)
    drawn = np.round(rng.normal(0.5, 2, size=3000), 3)
    bins = numeric_bins(values)
    frame = spark.createDataFrame(pd.DataFrame({"as_of": MON, "n": drawn})).repartition(4)
    counted = count_days(
        frame.withColumn("n", frame["n"].cast("decimal(12,3)")), {"n": column(bins)}
    )
    edges = [-np.inf, *bins.edges, np.inf]
    by_hand = tuple(int(((drawn > low) & (drawn <= high)).sum()) for low, high in pairwise(edges))
    outside = int(((drawn < bins.lowest) | (drawn > bins.highest)).sum())
    assert counted == {MON: {"n": Counts(by_hand, out_of_range=outside)}}
    assert sum(by_hand) == 3000


def test_a_type_that_is_no_number_any_more_is_missing(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(MON, "many"), (MON, "3")], "as_of date, n string")
    counted = count_days(frame, {"n": column(NumericBins((1.0,), 0.0, 5.0))})
    assert counted == {MON: {"n": Counts((0, 1), missing=1)}}


def test_a_date_is_no_number_and_a_number_is_no_text(spark: SparkSession) -> None:
    frame = spark.sql(f"SELECT DATE'{MON}' AS as_of, DATE'{TUE}' AS n, 7 AS level, 2.5BD AS m")
    columns = {
        "n": column(NumericBins((1.0,), 0.0, 5.0)),
        "level": column(LevelBins(("a", "7"))),
        "m": column(NumericBins((1.0,), 0.0, 5.0)),
    }
    assert changed_types(frame, columns) == {"n", "level"}
    assert count_days(frame, columns) == {
        MON: {
            "n": Counts((0, 0), missing=1),
            "level": Counts((0, 1, 0)),
            "m": Counts((0, 1)),
        }
    }


def test_segments_are_counted_in_the_same_pass(spark: SparkSession) -> None:
    rng = np.random.default_rng(9)
    drawn = pd.DataFrame(
        {
            "as_of": rng.choice([MON, TUE], 3000),
            "plan": rng.choice(["basic", "pro", "rare", None], 3000, p=[0.5, 0.3, 0.1, 0.1]),
            "area": rng.choice(["north", "south"], 3000),
            "n": np.where(rng.random(3000) < 0.1, np.inf, rng.normal(size=3000)),
        }
    )
    bins = NumericBins((-1.0, 0.0, 1.0), -2.0, 2.0)
    by = {"plan": LevelBins(("basic", "pro")), "area": LevelBins(("north", "south"))}
    frame = spark.createDataFrame(drawn).repartition(5)
    counted = count_groups(frame, {"n": column(bins)}, by)
    assert sorted(counted) == [MON, TUE]
    for day in (MON, TUE):
        expected = {None: drawn["as_of"] == day}
        for name, levels in (("plan", ("basic", "pro")), ("area", ("north", "south"))):
            for level in levels:
                expected[f"{name}={level}"] = (drawn["as_of"] == day) & (drawn[name] == level)
        assert set(counted[day]) == set(expected)
        for group, chosen in expected.items():
            values = drawn.loc[chosen, "n"].to_numpy()
            finite = values[np.isfinite(values)]
            by_bin, _ = np.histogram(finite, [-np.inf, -1, 0, 1, np.inf])
            assert counted[day][group]["n"] == Counts(
                tuple(by_bin.tolist()),
                infinite=int(np.isinf(values).sum()),
                out_of_range=int((np.abs(finite) > 2).sum()),
            )
    assert count_days(frame, {"n": column(bins)}) == {day: counted[day][None] for day in counted}


def test_the_score_is_the_probability_or_else_the_prediction(spark: SparkSession) -> None:
    rows = [(MON, "a", 0.5)]
    classes = spark.createDataFrame(rows, "as_of date, prediction string, probability double")
    numbers = classes.selectExpr("as_of", "7.0D AS prediction")
    assert select_scores(classes).collect() == [(MON, 0.5)]
    assert select_scores(numbers).collect() == [(MON, 7.0)]


def test_no_row_is_no_day_and_a_lost_column_is_named(spark: SparkSession) -> None:
    frame = spark.createDataFrame([], "as_of date, orders int")
    assert count_days(frame, {"orders": column(NumericBins())}) == {}
    with pytest.raises(RunFailed, match=r"no column 'order', .* did you mean 'orders'"):
        count_days(frame, {"order": column(NumericBins())})
    with pytest.raises(RunFailed, match="no column 'order'"):
        changed_types(frame, {"order": column(NumericBins())})
