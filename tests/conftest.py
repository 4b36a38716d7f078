"""One Spark session for a worker, with the settings of ``conf/spark`` and few partitions."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

ROOT = Path(__file__).parents[1]
TEST_KEY = "promises-test-key-promises-test-key-0123"
os.environ.setdefault("SPARK_CONF_DIR", str(ROOT / "conf" / "spark"))
os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
os.environ.setdefault("LAKEHOUSE_JAVA_OPTIONS", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a session, directly or through another fixture: ``make test-fast`` goes
    without."""
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker("spark")


@pytest.fixture(scope="session")
def privacy_key() -> Iterator[str]:
    """The key of the environment ``test``, set for all tests that ask for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKEHOUSE_PRIVACY_KEY", TEST_KEY)
        yield TEST_KEY


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """The session of this worker."""
    session = SparkSession.builder.master("local[2]").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
