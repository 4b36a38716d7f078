"""Which refreshes are light: few rows, few bytes, one day. Read from sizes, without computing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from lakehouse.config.settings import Settings
from lakehouse.refresh.batch import SMALL_BYTES, SMALL_ROWS, Batch, DayBatch, FileBatch, GroupBatch
from lakehouse.refresh.context import RunContext
from lakehouse.sources.listing import SourceFile
from lakehouse.storage.frames import collect_rows, local_frame
from lakehouse.storage.session import tune_for_small_tables
from lakehouse.storage.tables import Tables

DAY = date(2026, 3, 2)


def file_of(length: int) -> SourceFile:
    return SourceFile("/landing/a", DAY, datetime(2026, 3, 2, tzinfo=UTC), length, "a")


def test_a_batch_is_small_if_its_rows_are_known_to_be_few() -> None:
    assert Batch({}, source_row_count=SMALL_ROWS).is_small
    assert not Batch({}, source_row_count=SMALL_ROWS + 1).is_small
    assert not Batch({}).is_small


def test_files_groups_and_days_are_small_by_what_is_known_of_them() -> None:
    assert FileBatch({}, files=(file_of(SMALL_BYTES),)).is_small
    assert not FileBatch({}, files=(file_of(SMALL_BYTES), file_of(1))).is_small
    assert not FileBatch({}, files=(file_of(1),), replaces_table=True).is_small
    assert not GroupBatch({}).is_small
    assert DayBatch({}, days=(DAY,)).is_small
    assert not DayBatch({}, days=(DAY, date(2026, 3, 3))).is_small


def test_the_size_of_a_table_is_known_on_a_local_disk_only(
    spark: SparkSession, tmp_path: Path
) -> None:
    local = Settings(pipeline="p", env="test", conf_dir=tmp_path, warehouse=f"{tmp_path}/w")
    tables = Tables(spark, local)
    assert tables.local_size("silver.a") == 0
    spark.range(10).write.format("delta").save(tables.path("silver.a"))
    assert (tables.local_size("silver.a") or 0) > 0
    remote = local.model_copy(update={"warehouse": "s3a://bucket/w"})
    assert Tables(spark, remote).local_size("silver.a") is None


def test_a_size_is_counted_as_far_as_it_matters(spark: SparkSession, tmp_path: Path) -> None:
    settings = Settings(pipeline="p", env="test", conf_dir=tmp_path, warehouse=f"{tmp_path}/w")
    tables = Tables(spark, settings)
    folder = Path(tables.path("silver.a"))
    folder.mkdir(parents=True)
    for number in range(3):
        (folder / f"{number}.parquet").write_bytes(b"1234")
    assert tables.local_size("silver.a") == 12
    assert tables.local_size("silver.a", most=5) == 8


def test_a_merge_materialises_its_source_once_rows_stay_with_the_executors(
    spark: SparkSession,
) -> None:
    session, name = spark.newSession(), "spark.databricks.delta.merge.materializeSource"
    tune_for_small_tables(session)
    absent: Any = None
    context = RunContext(session, absent, absent, absent, absent, collects=True)
    context.keep(session.range(1))
    assert session.conf.get(name) == "none"
    context.keep(session.range(SMALL_ROWS + 1))
    assert session.conf.get(name) == spark.conf.get(name) != "none"
    context.release()


def test_collected_rows_keep_their_values_and_types(spark: SparkSession) -> None:
    rows = spark.sql(
        "SELECT id, CAST(id AS DECIMAL(12, 2)) AS amount, timestamp'2026-03-29 02:30:00' AS at, "
        "named_struct('a', id > 1, 'b', CAST(NULL AS DATE)) AS nested, array('x', NULL) AS texts "
        "FROM range(3)"
    )
    collected = collect_rows(rows, 3)
    assert collected is not None
    local = local_frame(spark, collected)
    assert local.schema == rows.schema
    assert local.collect() == rows.collect()


def test_rows_that_are_many_or_cannot_pass_as_arrow_are_not_collected(spark: SparkSession) -> None:
    assert collect_rows(spark.range(4), 3) is None
    assert collect_rows(spark.sql("SELECT parse_json('1') AS v"), 3) is None
