"""The counts of a large day are exact, over all rows and in segments: those of Spark's own
conditions, for every bin."""

from __future__ import annotations

import time
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from pyspark.sql import SparkSession
from session_settings import LARGE_DATA, changed_settings

from lakehouse.ml.bins import LevelBins, NumericBins, numeric_bins
from lakehouse.ml.counts import Counts
from lakehouse.ml.reference import ColumnReference
from lakehouse.scoring.distribution import count_groups

DAY = date(2026, 3, 2)
NUMBERS = [f"n{number}" for number in range(19)]
BINS = numeric_bins(np.random.default_rng(1).random(10_000))
LEVELS = LevelBins(tuple(f"l{number}" for number in range(5)))


@pytest.mark.parametrize("rows", [100_000, pytest.param(10_000_000, marks=pytest.mark.soak)])
def test_every_row_is_in_one_bin_of_each_feature(spark: SparkSession, rows: int) -> None:
    drawn = [
        f"pmod(xxhash64(id, {n}), 1000003) / 1000002D AS {name}" for n, name in enumerate(NUMBERS)
    ]
    level = "concat('l', pmod(xxhash64(id, 99), 7)) AS level"
    frame = spark.range(rows).selectExpr(f"DATE'{DAY}' AS as_of", *drawn, level)
    columns = {name: ColumnReference("numeric", BINS, Counts(())) for name in NUMBERS}
    columns["level"] = ColumnReference("categorical", LEVELS, Counts(()))
    with changed_settings(spark, LARGE_DATA):
        begin = time.monotonic()
        groups = count_groups(frame, columns, {"level": LEVELS})[DAY]
        seconds = time.monotonic() - begin
        expected = frame.selectExpr(*conditions("n7", BINS), *by_level()).first()
        inside = frame.where("level = 'l3'").selectExpr(*conditions("n7", BINS)).first()
    print(f"{rows:,} rows, 20 features, 5 segments: {seconds:.1f} s")
    assert expected is not None
    assert inside is not None
    counted = groups[None]
    assert counted["n7"].bins + counted["level"].bins == tuple(expected)
    assert {counts.rows for counts in counted.values()} == {rows}
    assert groups["level=l3"]["n7"].bins == tuple(inside)
    assert sorted(map(str, groups)) == ["None", *(f"level=l{number}" for number in range(5))]


def conditions(name: str, bins: NumericBins) -> list[str]:
    """The rows of each bin, by comparisons."""
    edges = [f"{edge!r}D" for edge in bins.edges]
    within = [f"{name} > {low} AND {name} <= {high}" for low, high in pairwise(edges)]
    every = [f"{name} <= {edges[0]}", *within, f"{name} > {edges[-1]}"]
    return [f"count_if({condition})" for condition in every]


def by_level() -> list[str]:
    """The rows of each level, and of all others."""
    named = [f"count_if(level = '{level}')" for level in LEVELS.levels]
    return [*named, "count_if(level NOT IN ('l0', 'l1', 'l2', 'l3', 'l4'))"]
