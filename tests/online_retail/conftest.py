"""The real invoices of 305 days, run once through the pipeline, and the same files in DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import by_another_way
import duckdb
import pytest
from pyspark.sql import SparkSession
from session_settings import LARGE_DATA, changed_settings
from whole_run import FIRST_DAY, FOLDER, KEY, LAST_DAY, Invoices

# Three weekly days to learn from and four to be tested on (model.yml says why these), and the runs
# 90 days later that know their labels.
TRAIN, TRAIN_KNOWN = (date(2011, 5, 7), date(2011, 5, 21)), (date(2011, 8, 5), date(2011, 8, 19))
TEST, TEST_KNOWN = (date(2011, 8, 20), date(2011, 9, 10)), (date(2011, 11, 18), LAST_DAY)


@pytest.fixture(scope="module")
def shop(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Invoices]:
    """Bronze, silver and the aggregates of all days, in one range."""
    made = Invoices(spark, tmp_path_factory.mktemp("online_retail"))
    with changed_settings(spark, LARGE_DATA), pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKEHOUSE_PRIVACY_KEY", KEY)
        for step in ("ingest", "refine", "aggregate"):
            assert made.run(step, FIRST_DAY, LAST_DAY) == 0, step
        yield made


@pytest.fixture(scope="module")
def remembered(shop: Invoices) -> Invoices:
    """The warehouse with the features and labels of the days that the model needs."""
    for days in (TRAIN, TEST, (LAST_DAY, LAST_DAY)):
        assert shop.run("features", *days, "--tables", "gold.customer_features") == 0
    for days in (TRAIN_KNOWN, TEST_KNOWN):
        assert shop.run("features", *days, "--tables", "gold.churn_labels") == 0
    return shop


@pytest.fixture(scope="module")
def scored(remembered: Invoices) -> Invoices:
    """The warehouse with a model, and with the scores of the last day."""
    for step in ("train", "score"):
        assert remembered.run(step, LAST_DAY, LAST_DAY) == 0, step
    return remembered


@pytest.fixture(scope="module")
def spending(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Invoices]:
    """The second task, in its own warehouse: the same days, the model of spend, and its scores."""
    home = tmp_path_factory.mktemp("online_retail_spend")
    made = Invoices(spark, home, pipeline="online_retail_spend")
    with changed_settings(spark, LARGE_DATA), pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKEHOUSE_PRIVACY_KEY", KEY)
        for step in ("ingest", "refine"):
            assert made.run(step, FIRST_DAY, LAST_DAY) == 0, step
        for days in (TRAIN, TEST, (LAST_DAY, LAST_DAY)):
            assert made.run("features", *days, "--tables", "gold.customer_features") == 0
        for days in (TRAIN_KNOWN, TEST_KNOWN):
            assert made.run("features", *days, "--tables", "gold.spend_labels") == 0
        for step in ("train", "score"):
            assert made.run(step, LAST_DAY, LAST_DAY) == 0, step
        yield made


@pytest.fixture(scope="module")
def known() -> Iterator[duckdb.DuckDBPyConnection]:
    """The same files in DuckDB."""
    connection = by_another_way.connect(FOLDER)
    yield connection
    connection.close()
