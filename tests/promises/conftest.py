"""The smallest pipeline, which most of these tests start from, declared or run for some days; and
the runs that are stopped."""

from __future__ import annotations

from pathlib import Path

import pytest
from crash_scenarios import Scenarios, make_scenarios
from pyspark.sql import SparkSession
from till import DAILY, MON, TUE, Till, run


@pytest.fixture
def till(tmp_path: Path, privacy_key: str) -> Till:
    """Bronze and silver sales, declared and not yet run."""
    return Till(tmp_path).sales()


@pytest.fixture(scope="session")
def built_on_monday(
    tmp_path_factory: pytest.TempPathFactory, spark: SparkSession, privacy_key: str
) -> Till:
    """Sales and gold by day, with the sale S1 of Monday in each table."""
    made = Till(tmp_path_factory.mktemp("monday")).sales()
    made.gold("daily", DAILY, "write: replace_keys\nkeys: [day]")
    made.sale("S1", MON)
    assert [outcome.status for outcome in run(made, spark, MON)] == ["passed"] * 3
    return made


@pytest.fixture(scope="session")
def built_on_tuesday(
    tmp_path_factory: pytest.TempPathFactory, spark: SparkSession, built_on_monday: Till
) -> Till:
    """The same, with the sale S2 of Tuesday in a second commit of each table."""
    made = built_on_monday.copied(tmp_path_factory.mktemp("tuesday"))
    made.sale("S2", TUE)
    assert [outcome.status for outcome in run(made, spark, TUE)] == ["passed"] * 3
    return made


@pytest.fixture
def monday(built_on_monday: Till, tmp_path: Path) -> Till:
    """A copy of ``built_on_monday``."""
    return built_on_monday.copied(tmp_path)


@pytest.fixture
def tuesday(built_on_tuesday: Till, tmp_path: Path) -> Till:
    """A copy of ``built_on_tuesday``."""
    return built_on_tuesday.copied(tmp_path)


@pytest.fixture(scope="session")
def scenarios(
    tmp_path_factory: pytest.TempPathFactory, spark: SparkSession, privacy_key: str
) -> Scenarios:
    """The runs that are stopped, each recorded once."""
    return make_scenarios(tmp_path_factory.mktemp)
