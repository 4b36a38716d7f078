"""Writers of one table at the same time: no commit is lost, none counts twice, and none is left
out of ``ops.runs``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import writers
from pyspark.sql import SparkSession
from writers import COUNTER, TABLE, commit_all, create, tables_at

from lakehouse.storage.records import RUNS
from lakehouse.storage.session import sibling
from lakehouse.storage.tables import Tables

ROOT = Path(__file__).parents[2]
SCHEMAS = ("shared_silver", "shared_ops")
THREADS = pytest.mark.parametrize(
    ("threads", "commits"), [(4, 5), pytest.param(8, 25, marks=pytest.mark.soak)]
)


@pytest.fixture
def catalog(spark: SparkSession) -> Iterator[str]:
    """A catalog, in which no lock keeps writers apart, but Delta's commits."""
    drop_schemas(spark)
    yield "spark_catalog"
    drop_schemas(spark)


def drop_schemas(spark: SparkSession) -> None:
    for schema in SCHEMAS:
        spark.sql(f"DROP SCHEMA IF EXISTS spark_catalog.{schema} CASCADE")


def assert_complete(tables: Tables, names: list[str], commits: int) -> None:
    """Each commit of each writer is there once: its row, its tag, its count and its record."""
    runs = [f"{name}-{number}" for name in names for number in range(commits)]
    rows = {row["k"]: row["n"] for row in tables.read(TABLE).collect()}
    merges = len(names) * len(range(0, commits, 2))
    assert rows == dict.fromkeys(runs, 1) | {COUNTER: merges}
    assert tables.read(TABLE).count() == len(runs) + 1
    tags = Counter(commit.tag.get("run_id") for commit in tables.commits(TABLE))
    assert tags == Counter(["first", *runs])
    records = [row["run_id"] for row in tables.read(RUNS).select("run_id").collect()]
    assert sorted(records) == sorted(["first", *runs])


def write_in_threads(tables: Tables, threads: int, commits: int) -> None:
    create(tables)
    names = [f"w{number}" for number in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        own = [tables.on(sibling(tables.spark)) for _ in names]
        list(pool.map(commit_all, own, names, [commits] * threads))
    assert_complete(tables, names, commits)


@THREADS
def test_threads_that_write_one_table_on_a_local_disk(
    tmp_path: Path, spark: SparkSession, threads: int, commits: int
) -> None:
    write_in_threads(tables_at(tmp_path / "w", spark), threads, commits)


@THREADS
def test_threads_that_write_one_table_of_a_catalog(
    tmp_path: Path, spark: SparkSession, catalog: str, threads: int, commits: int
) -> None:
    write_in_threads(tables_at(tmp_path / "w", spark, catalog), threads, commits)


@pytest.mark.soak
def test_processes_that_write_one_table_on_a_local_disk(
    tmp_path: Path, spark: SparkSession
) -> None:
    tables, names, commits = tables_at(tmp_path / "w", spark), ["p0", "p1", "p2"], 30
    create(tables)
    script = str(Path(writers.__file__))
    processes = [
        subprocess.Popen(
            [sys.executable, script, str(tmp_path / "w"), name, str(commits)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            cwd=ROOT,
        )
        for name in names
    ]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert_complete(tables, names, commits)
