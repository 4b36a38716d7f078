"""Numbers are right: every aggregate of ``retail`` equals what pandas makes of the raw files."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import retail_by_another_way as another_way
from pyspark.sql import SparkSession

from lakehouse.api import Lakehouse, open_lakehouse
from lakehouse.demo.generator import generate

FIRST, DAYS = date(2026, 3, 26), 9


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files over the end of a quarter, with planted faults."""
    folder = tmp_path_factory.mktemp("another_way") / "landing"
    generate(folder, customers=300, days=DAYS, start=FIRST, seed=3)
    return folder


@pytest.fixture(scope="module")
def lake(spark: SparkSession, landing: Path, privacy_key: str) -> Lakehouse:
    """The pipeline over these files, in two pieces."""
    del privacy_key
    places = {name: str(landing.parent / name) for name in ("warehouse", "mlflow", "reports")}
    opened = open_lakehouse("retail", "test", spark=spark, landing=str(landing), **places)
    middle, last = FIRST + timedelta(days=5), FIRST + timedelta(days=DAYS - 1)
    for start, end in ((FIRST, middle), (middle + timedelta(days=1), last)):
        steps = ["ingest", "refine", "aggregate"]
        outcomes = opened.run("run", start=start, end=end, steps=steps)
        assert [one.message for one in outcomes if one.status == "failed"] == []
    return opened


def _rows(lake: Lakehouse, table: str, *columns: str) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in lake.read(table).select(*columns).collect()}


def test_daily_active_users(lake: Lakehouse, landing: Path) -> None:
    columns = ("day", "active_users", "signed_in_users", "anonymous_visitors", "sessions", "events")
    found = _rows(lake, "gold.daily_active_users", *columns)
    assert found == another_way.daily_active_users(landing)


def test_weekly_store_sales(lake: Lakehouse, landing: Path) -> None:
    columns = ("store_id", "week", "store_name", "region", "orders", "returned_orders")
    sums = ("customers", "units", "gross_revenue")
    found = _rows(lake, "gold.weekly_store_sales", *columns, *sums)
    assert found == another_way.weekly_store_sales(landing)


def test_quarterly_department_revenue(lake: Lakehouse, landing: Path) -> None:
    columns = ("department", "quarter", "gross_revenue", "units", "order_lines", "orders")
    found = _rows(lake, "gold.quarterly_department_revenue", *columns)
    assert len({row[1] for row in found}) == 2
    assert found == another_way.quarterly_department_revenue(landing)
