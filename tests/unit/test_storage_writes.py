"""Each write is one tagged commit, by path and in a catalog."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from deltalake import DeltaTable
from deltalake.exceptions import DeltaProtocolError
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
    _drop(spark)
    yield Tables(spark, named)
    _drop(spark)


def _drop(spark: SparkSession) -> None:
    for schema in ("silver", "gold"):
        spark.sql(f"DROP SCHEMA IF EXISTS spark_catalog.writes_{schema} CASCADE")


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


@pytest.mark.parametrize(("table", "has_vectors"), [("gold.a", False), ("silver.a", True)])
def test_every_reader_can_read_gold_after_a_merge(
    tables: Tables, table: str, has_vectors: bool
) -> None:
    writes.overwrite(tables, table, tables.spark.range(100).coalesce(1), {"run_id": "1"})
    changed = tables.spark.range(3)
    writes.merge(
        tables, table, changed, on=["id"], clauses="WHEN MATCHED THEN DELETE", tag={"run_id": "2"}
    )
    detail = tables.spark.sql(f"DESCRIBE DETAIL {tables.identifier(table)}").first()
    assert detail is not None
    assert ("deletionVectors" in detail["tableFeatures"]) is has_vectors
    assert tables.read(table).count() == 97


def test_the_documented_statements_open_an_older_table_to_every_reader(
    spark: SparkSession, tmp_path: Path
) -> None:
    settings = Settings(pipeline="p", env="test", conf_dir=tmp_path, warehouse=str(tmp_path))
    tables = Tables(spark, settings)
    writes.overwrite(tables, "silver.a", spark.range(9).coalesce(1), {"run_id": "1"})
    writes.delete(tables, "silver.a", "id = 3", {"run_id": "2"})
    with pytest.raises(DeltaProtocolError, match="deletionVectors"):
        DeltaTable(tables.path("silver.a")).to_pandas()

    page = (Path(__file__).parents[2] / "docs" / "reading.md").read_text()
    for statement in re.findall(r"^ALTER .*;|^REORG .*;", page, re.M):
        spark.sql(re.sub(r"`[^`]+`", f"`{tables.path('silver.a')}`", statement.rstrip(";")))

    assert sorted(DeltaTable(tables.path("silver.a")).to_pandas()["id"]) == [0, 1, 2, *range(4, 9)]
    state = tables.state("silver.a")
    assert state is not None
    assert [c.version for c in state.commits if c.changes_rows] == [1, 0]
