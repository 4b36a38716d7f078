"""Write modes on real Delta tables: which rows a batch changes, and which it does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from lakehouse.config.settings import Settings
from lakehouse.config.write_modes import MODES
from lakehouse.refresh.deduplicate import is_earlier, is_later, upsert_clauses
from lakehouse.refresh.schema_changes import find_schema_changes
from lakehouse.refresh.write_modes import registry
from lakehouse.refresh.write_modes.replace_keys import merge_clauses, merge_source
from lakehouse.storage import writes
from lakehouse.storage.tables import Tables

TAG = {"run_id": "r"}


@pytest.fixture
def tables(spark: SparkSession, tmp_path: Path) -> Tables:
    return Tables(
        spark,
        Settings(pipeline="p", env="test", conf_dir=tmp_path, warehouse=str(tmp_path / "w")),
    )


def same(tables: Tables, expected: DataFrame) -> None:
    found = tables.read("silver.a")
    assert_df_equality(found, expected, ignore_row_order=True, ignore_nullable=True)


def test_every_declared_mode_is_registered() -> None:
    assert list(MODES) == ["append", "scd1", "scd2", "replace_keys", "rebuild"]
    assert [registry.declared_mode(name).name for name in MODES] == list(MODES)


def test_replace_keys_updates_inserts_and_deletes_groups_null_keys_among_them(
    tables: Tables,
) -> None:
    spark, schema = tables.spark, "k string, n int"
    writes.overwrite(
        tables, "silver.a", spark.createDataFrame([("a", 1), ("b", 2), (None, 3)], schema), TAG
    )
    affected = spark.createDataFrame([("a",), ("b",), (None,), ("c",)], "k string")
    groups = spark.createDataFrame([("a", 1), (None, 4), ("c", 5)], schema)
    source = merge_source(groups, affected, ["k"])
    clauses = merge_clauses(groups.columns, ["k"])
    commit = writes.merge(tables, "silver.a", source, on=["k"], clauses=clauses, tag=TAG)
    same(tables, groups)
    assert commit.rows("numTargetRowsInserted", "numTargetRowsUpdated") == 2


def test_append_keeps_the_earliest_known_row_whatever_came_first(tables: Tables) -> None:
    spark, schema = tables.spark, "k string, v string, _known_date int"
    writes.overwrite(tables, "silver.a", spark.createDataFrame([("a", "x", 3)], schema), TAG)
    batch = spark.createDataFrame([("a", "w", 2), ("b", "z", 3)], schema)
    wins = is_earlier(batch.columns, ["k"], target_columns=batch.columns)
    clauses = upsert_clauses(wins, batch.columns, ["k"], batch.columns)
    writes.merge(tables, "silver.a", batch, on=["k"], clauses=clauses, tag=TAG)
    same(tables, batch)


def test_scd1_keeps_the_greatest_sequence_then_the_last_known(tables: Tables) -> None:
    spark, schema = tables.spark, "k string, v string, at int, _known_date int"
    stored = [("a", "x", 3, 3), ("b", "x", 3, 3)]
    writes.overwrite(tables, "silver.a", spark.createDataFrame(stored, schema), TAG)
    batch = spark.createDataFrame([("a", "y", 3, 2), ("b", "y", 3, 4)], schema)
    wins = is_later(batch.columns, ["k"], sequence_by="at", target_columns=batch.columns)
    clauses = upsert_clauses(wins, batch.columns, ["k"], batch.columns)
    writes.merge(tables, "silver.a", batch, on=["k"], clauses=clauses, tag=TAG)
    same(tables, spark.createDataFrame([("a", "x", 3, 3), ("b", "y", 3, 4)], schema))


def test_columns_that_a_table_lacks_are_added_before_a_merge(tables: Tables) -> None:
    spark = tables.spark
    writes.overwrite(tables, "silver.a", spark.createDataFrame([("a",)], "k string"), TAG)
    batch = spark.createDataFrame([("b", 2)], "k string, n int")
    assert writes.prepare_columns(tables, "silver.a", batch) == ["k"]
    assert tables.read("silver.a").columns == ["k", "n"]


def test_dropped_and_retyped_columns_are_distinguished(spark: SparkSession) -> None:
    stored = spark.createDataFrame([], "k string, n int, gone int")
    rows = spark.createDataFrame([], "k string, n bigint, new int")
    changes = find_schema_changes(stored, rows)
    assert list(changes.dropped) == ["gone"]
    assert list(changes.retyped) == ["n: int → bigint"]


def test_an_append_after_another_writer_s_commit_writes_nothing(tables: Tables) -> None:
    frame = tables.spark.range(1)
    writes.overwrite(tables, "silver.a", frame, TAG)
    first = writes.append_after(tables, "silver.a", frame, {"run_id": "1"}, version=0)
    assert first is not None
    assert writes.append_after(tables, "silver.a", frame, {"run_id": "2"}, version=0) is None
    assert tables.read("silver.a").count() == 2


def test_a_recreated_table_has_another_id(tables: Tables) -> None:
    import shutil

    writes.overwrite(tables, "silver.a", tables.spark.range(1), TAG)
    before = tables.table_id("silver.a")
    shutil.rmtree(tables.path("silver.a"))
    assert not tables.exists("silver.a")
    writes.overwrite(tables, "silver.a", tables.spark.range(1), TAG)
    assert tables.table_id("silver.a") != before
