"""Writes: each is one tagged commit, by path and in a catalog alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.config.settings import Settings
from lakehouse.storage import writes
from lakehouse.storage.tables import Tables


@pytest.fixture(params=["path", "catalog"])
def tables(request: pytest.FixtureRequest, spark: SparkSession, tmp_path: Path) -> Iterator[Tables]:
    """Tables below a folder, and tables with three-level names."""
    settings = Settings(pipeline="p", env="test", conf_dir=tmp_path, warehouse=str(tmp_path / "w"))
    if request.param == "path":
        yield Tables(spark, settings)
        return
    named = settings.model_copy(update={"catalog": "spark_catalog", "schema_prefix": "writes_"})
    spark.sql("DROP SCHEMA IF EXISTS spark_catalog.writes_silver CASCADE")
    yield Tables(spark, named)
    spark.sql("DROP SCHEMA IF EXISTS spark_catalog.writes_silver CASCADE")


def test_the_first_append_makes_the_table_and_tells_its_rows(tables: Tables) -> None:
    commit = writes.append(tables, "silver.a", tables.spark.range(3), {"run_id": "1"})
    assert (commit.rows("numOutputRows"), commit.tag) == (3, {"run_id": "1"})
    commit = writes.append(tables, "silver.a", tables.spark.range(3, 5), {"run_id": "2"})
    assert (commit.rows("numOutputRows"), commit.tag) == (2, {"run_id": "2"})
    assert tables.read("silver.a").count() == 5


def test_a_write_that_changes_nothing_is_a_commit_all_the_same(tables: Tables) -> None:
    writes.overwrite(tables, "silver.a", tables.spark.range(3), {"run_id": "1"})
    commit = writes.append(tables, "silver.a", tables.spark.range(0), {"run_id": "2"})
    assert commit.rows("numOutputRows") == 0
    state = tables.state("silver.a")
    assert state is not None
    assert state.last_tagged is not None
    assert state.last_tagged.tag == {"run_id": "2"}
