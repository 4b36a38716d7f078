"""Writers of one table at the same time: no commit is lost, none counts twice, and none is left
out of ``ops.runs``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import object_store
import pytest
import writers
from pyspark.sql import SparkSession
from writers import COUNTER, commit_all, contents, create, tables_at

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


def assert_complete(found: Mapping[str, Any], names: list[str], commits: int) -> None:
    """Each commit of each writer is there once: its row, its tag, its count and its record."""
    runs = [f"{name}-{number}" for name in names for number in range(commits)]
    merges = len(names) * len(range(0, commits, 2))
    assert found["rows"] == sorted([[COUNTER, merges], *([run, 1] for run in runs)])
    assert found["commits"] == found["records"] == sorted(["first", *runs])


def start(place: Path | str, *words: str, **variables: str) -> subprocess.Popen[str]:
    """A process of ``writers.py``."""
    return subprocess.Popen(
        [sys.executable, writers.__file__, str(place), *words],
        env=os.environ | {"PYTHONPATH": str(ROOT), **variables},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def write_in_threads(tables: Tables, threads: int, commits: int) -> None:
    create(tables)
    names = [f"w{number}" for number in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        own = [tables.on(sibling(tables.spark)) for _ in names]
        list(pool.map(commit_all, own, names, [commits] * threads))
    assert_complete(contents(tables), names, commits)


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
    processes = [start(tmp_path / "w", "write", name, str(commits)) for name in names]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert_complete(contents(tables), names, commits)


@pytest.mark.soak
@pytest.mark.skipif(not object_store.is_there(), reason="run python -m tools.object_store first")
@pytest.mark.parametrize("commits", [30])
def test_processes_that_write_one_table_on_an_object_store(tmp_path: Path, commits: int) -> None:
    """Without locks: the store refuses the second commit of a version."""
    names, place = ["p0", "p1", "p2"], f"s3a://{object_store.BUCKET}/w"
    with object_store.running(tmp_path / "server.log") as address:
        given = {"PYSPARK_SUBMIT_ARGS": object_store.spark_arguments(address)}
        assert start(place, "create", **given).wait() == 0
        processes = [start(place, "write", name, str(commits), **given) for name in names]
        assert [process.wait() for process in processes] == [0, 0, 0]
        printed, _ = start(place, "contents", **given).communicate()
    assert_complete(json.loads(printed.splitlines()[-1]), names, commits)
    assert '" 412 -' in (tmp_path / "server.log").read_text(), "no commit met another one"
