"""A run that ends by an exception before or after any of its side effects and is run again gives
what an uninterrupted run gives.

``make test`` tries a seeded sample; ``make soak`` tries every failpoint.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from crash_scenarios import Scenarios, assert_repeated, sample, warehouse
from delta_rows import read_rows
from failpoints import StopAt, Stopped, failpoints, tables_of
from pyspark.sql import SparkSession

from lakehouse.cli.main import main

SEED = int(os.environ.get("SOAK_SEED", "19"))


def test_each_commit_and_file_of_a_run_has_a_failpoint(scenarios: Scenarios) -> None:
    for scenario in scenarios.values():
        assert scenario.unnoticed == ()
        assert len(set(scenario.points)) == len(scenario.points)
    touched = {point.split()[2] for one in scenarios.values() for point in one.points}
    assert touched >= {
        *("bronze.sales", "silver.sales", "silver.newest", "silver.history", "gold.daily"),
        *("gold.ranked", "gold.activity", "silver.sales__replaced", "ops.files", "ops.runs"),
        *("quarantine.silver_sales", "quarantine.silver_history", "_status/*.json"),
        "reports/*.html",
    }


def test_the_rows_that_are_compared_are_those_that_spark_reads(
    spark: SparkSession, scenarios: Scenarios
) -> None:
    till = scenarios["report"].till
    for name, folder in tables_of(warehouse(till)).items():
        frame = till.shop(spark).read(name)
        columns = [column for column, kind in frame.dtypes if not kind.startswith("timestamp")]
        rows = [[row[column] for column in columns] for row in read_rows(folder)]
        expected = [list(row) for row in frame.select(*columns).collect()]
        assert sorted(rows, key=repr) == sorted(expected, key=repr)


@pytest.mark.parametrize(
    "number", [8, pytest.param(sys.maxsize, marks=pytest.mark.soak)], ids=["sample", "every"]
)
def test_a_run_that_ends_at_a_failpoint_is_repeated(
    tmp_path: Path, scenarios: Scenarios, subtests: pytest.Subtests, number: int
) -> None:
    for at, (name, point) in enumerate(sample(scenarios, number, SEED)):
        with subtests.test(scenario=name, point=point):
            scenario, stop = scenarios[name], StopAt(point)
            till = scenario.till.copied(tmp_path / str(at))
            with failpoints(warehouse(till), stop), pytest.raises(Stopped):
                main(scenario.words(till))
            assert stop.is_reached
            assert_repeated(till, scenario)
