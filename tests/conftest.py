"""One Spark session for a worker, with the settings of ``conf/spark`` and those for small data."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from session_settings import ONE_WRITER, SMALL_DATA

ROOT = Path(__file__).parents[1]
TEST_KEY = "promises-test-key-promises-test-key-0123"
LONGEST_FIRST = (
    "whole_loop/test_retail.py",
    "promises/test_kills.py",
    "promises/test_crashes.py",
    "promises/test_any_order.py",
    "online_retail/test_online_retail.py",
    "promises/test_damaged_logs.py",
    "promises/test_concurrent_writers.py",
    "promises/test_full_disk.py",
    "promises/test_replaced_files.py",
    "promises/test_replaced_files_recovery.py",
    "promises/test_undo.py",
    "promises/test_maintain.py",
    "promises/test_replay.py",
    "promises/test_deletes.py",
    "promises/test_definitions.py",
    "promises/test_progress.py",
    "promises/test_generated_days.py",
    "promises/test_work.py",
    "promises/test_shop_gold.py",
    "promises/test_files.py",
    "promises/test_time_zones.py",
    "promises/test_dumps.py",
    "promises/test_drift.py",
    "whole_loop/test_wheel.py",
    "promises/test_waiting.py",
    "promises/test_predictions.py",
    "promises/test_promotions.py",
    "promises/test_history_runs.py",
    "promises/test_plan.py",
    "promises/test_another_data_set.py",
    "promises/test_drafted_pipeline.py",
    "promises/test_extending.py",
    "promises/test_gates.py",
)
os.environ.setdefault("SPARK_CONF_DIR", str(ROOT / "conf" / "spark"))
os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
JAVA_OPTIONS = (
    "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    "-Djdk.lang.Process.launchMechanism=VFORK",  # Hadoop starts chmod for each file that it writes
)
os.environ.setdefault("LAKEHOUSE_JAVA_OPTIONS", " ".join(JAVA_OPTIONS))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a session, directly or through another fixture: ``make test-fast`` goes
    without. Begin with the longest files, so that both workers end together."""
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker("spark")
    items.sort(key=_begins)


def _begins(item: pytest.Item) -> int:
    """The place of the test's file among the longest; the others follow in their own order."""
    name = item.path.relative_to(Path(__file__).parent).as_posix()
    return LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(LONGEST_FIRST)


@pytest.fixture(scope="session")
def privacy_key() -> Iterator[str]:
    """The key of the environment ``test``, set for all tests that ask for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKEHOUSE_PRIVACY_KEY", TEST_KEY)
        yield TEST_KEY


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """The session of this worker."""
    builder = SparkSession.builder.master("local[2]").config(*ONE_WRITER)
    session = builder.getOrCreate()
    for name, value in SMALL_DATA.items():
        session.conf.set(name, value)
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
