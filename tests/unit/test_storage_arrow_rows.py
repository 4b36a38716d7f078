"""Rows read from the files of a local table are those that Spark reads; where they may not be,
Spark is asked."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.config.settings import Settings
from lakehouse.storage import writes
from lakehouse.storage.arrow_rows import read_arrow
from lakehouse.storage.data_files import read_data_files
from lakehouse.storage.tables import Tables

TABLE = "ops.a"
COLUMNS = pa.schema(
    {"id": pa.int64(), "at": pa.timestamp("us", tz="UTC"), "day": pa.date32(), "later": pa.string()}
)


@pytest.fixture
def tables(spark: SparkSession, tmp_path: Path) -> Tables:
    settings = Settings(pipeline="p", env="test", conf_dir=tmp_path, warehouse=f"{tmp_path}/w %41")
    return Tables(spark, settings)


def append(tables: Tables, first: int, *, later: bool = False) -> None:
    """Two rows. The times of ids 0 to 2: a microsecond, NULL, and too late for nanoseconds."""
    rows = tables.spark.range(first, first + 2).select(
        "id",
        F.expr(
            "CASE id WHEN 0 THEN timestamp_micros(1) WHEN 2 THEN TIMESTAMP'3000-01-01' END"
        ).alias("at"),
        F.expr("DATE'2026-03-01'").alias("day"),
    )
    writes.append_records(tables, TABLE, rows.withColumn("later", F.lit("x")) if later else rows)


def folder(tables: Tables) -> Path:
    return Path(tables.path(TABLE))


def read_by_spark(tables: Tables) -> set[str]:
    return {Path(file).name for file in tables.read(TABLE).inputFiles()}


def found(tables: Tables) -> set[str] | None:
    files = read_data_files(folder(tables))
    return None if files is None else {file.name for file in files}


@pytest.fixture
def without_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    """No read falls back to Spark."""
    monkeypatch.setattr("lakehouse.storage.arrow_rows._read_with_spark", None)


def ids(rows: pa.Table) -> list[int]:
    return sorted(rows["id"].to_pylist())


@pytest.mark.usefixtures("without_spark")
def test_the_files_are_those_that_spark_reads_after_any_commit(tables: Tables) -> None:
    append(tables, 0)
    append(tables, 2)
    rows = tables.spark.range(1, 5).withColumn("later", F.lit("merged"))
    clauses = "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    writes.merge(tables, TABLE, rows, on=["id"], clauses=clauses, tag={})
    statements = [
        "UPDATE {} SET later = 'ignored' WHERE id = 1",
        "DELETE FROM {} WHERE id = 2",
        "OPTIMIZE {}",
        "RESTORE {} TO VERSION AS OF 2",
        "ALTER TABLE {} SET TBLPROPERTIES ('a' = 'b')",
    ]
    for statement in statements:
        tables.spark.sql(statement.format(tables.identifier(TABLE)))
        assert found(tables) == read_by_spark(tables), statement
    assert ids(read_arrow(tables, TABLE, COLUMNS)) == [0, 1, 2, 3, 4]


@pytest.mark.usefixtures("without_spark")
def test_a_checkpoint_stands_for_the_commits_before_it(tables: Tables) -> None:
    for number in range(12):
        append(tables, 2 * number)
    assert found(tables) == read_by_spark(tables)
    log = folder(tables) / "_delta_log"
    for version in range(10):
        (log / f"{version:020}.json").unlink()
    assert found(tables) == read_by_spark(tables)
    assert ids(read_arrow(tables, TABLE, COLUMNS)) == list(range(24))
    (log / "_last_checkpoint").unlink()
    assert found(tables) is None


@pytest.mark.usefixtures("without_spark")
@pytest.mark.parametrize("kind", ["INT96", "TIMESTAMP_MICROS"])
def test_rows_are_those_of_spark_whatever_the_form_of_times(tables: Tables, kind: str) -> None:
    tables.spark.conf.set("spark.sql.parquet.outputTimestampType", kind)
    try:
        append(tables, 0)
        append(tables, 2, later=True)
    finally:
        tables.spark.conf.unset("spark.sql.parquet.outputTimestampType")
    actual = read_arrow(tables, TABLE, COLUMNS).sort_by("id")
    expected = tables.read(TABLE).select(*COLUMNS.names).orderBy("id").toArrow()
    assert actual.schema == COLUMNS
    assert actual.to_pylist() == expected.to_pylist()
    assert actual["at"].to_pylist()[:3] == [
        datetime.datetime(1970, 1, 1, microsecond=1, tzinfo=datetime.UTC),
        None,
        datetime.datetime(3000, 1, 1, tzinfo=datetime.UTC),
    ]
    assert actual["later"].to_pylist() == [None, None, "x", "x"]


def test_a_column_that_the_table_lacks_is_null_also_with_spark(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(tables, 0)
    read = read_arrow(tables, TABLE, COLUMNS)
    monkeypatch.setattr("lakehouse.storage.arrow_rows.read_data_files", lambda _: None)
    by_spark = read_arrow(tables, TABLE, COLUMNS)
    assert by_spark.schema == read.schema == COLUMNS
    assert by_spark.to_pylist() == read.to_pylist()


def add_deletion_vectors(tables: Tables) -> None:
    name = tables.identifier(TABLE)
    tables.spark.sql(f"ALTER TABLE {name} SET TBLPROPERTIES ('delta.enableDeletionVectors' = true)")
    tables.spark.sql(f"DELETE FROM {name} WHERE id = 0")


def rename_a_column(tables: Tables) -> None:
    name = tables.identifier(TABLE)
    mapping = "'delta.columnMapping.mode' = 'name'"
    tables.spark.sql(f"ALTER TABLE {name} SET TBLPROPERTIES ({mapping})")
    tables.spark.sql(f"ALTER TABLE {name} RENAME COLUMN later TO last")


@pytest.mark.parametrize("change", [add_deletion_vectors, rename_a_column])
def test_spark_reads_a_table_whose_files_are_not_its_rows(
    tables: Tables, change: Callable[[Tables], None]
) -> None:
    append(tables, 0, later=True)
    assert found(tables) == read_by_spark(tables)
    change(tables)
    assert found(tables) is None
    expected = tables.read(TABLE).select("id").toArrow()
    assert ids(read_arrow(tables, TABLE, COLUMNS)) == ids(expected)


@pytest.mark.parametrize("content", [None, b"", b"PAR1damaged"])
def test_spark_reads_what_is_gone_or_damaged(
    tables: Tables, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    append(tables, 0)
    file = folder(tables) / "gone.parquet"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setattr("lakehouse.storage.arrow_rows.read_data_files", lambda _: [file])
    assert ids(read_arrow(tables, TABLE, COLUMNS)) == [0, 1]


# Logs that only Delta can tell.

PROTOCOL = {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}
METADATA = {"metaData": {"id": "a", "partitionColumns": []}}
INFO = {"commitInfo": {"operation": "WRITE"}}
ADD = {"add": {"path": "part%20a.parquet"}}


def commit(table: Path, version: int, *actions: dict[str, object]) -> None:
    log = table / "_delta_log"
    log.mkdir(exist_ok=True)
    lines = "".join(f"{json.dumps(action)}\n" for action in actions)
    (log / f"{version:020}.json").write_text(lines, encoding="utf-8")


def test_a_path_is_decoded_and_a_removed_file_is_gone(tmp_path: Path) -> None:
    commit(tmp_path, 0, INFO, PROTOCOL, METADATA, ADD, {"add": {"path": "b.parquet"}})
    commit(tmp_path, 1, INFO, {"remove": {"path": "b.parquet"}}, {"cdc": {"path": "c.parquet"}})
    assert read_data_files(tmp_path) == [tmp_path / "part a.parquet"]


def test_delta_is_asked_where_there_is_no_log(tmp_path: Path) -> None:
    assert read_data_files(tmp_path) is None


@pytest.mark.parametrize(
    "actions",
    [
        [INFO, {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7}}],
        [INFO, {"metaData": {"id": "a", "partitionColumns": ["day"]}}],
        [INFO, {"add": {"path": "/elsewhere/a.parquet"}}],
        [INFO, {"add": {"path": "file:///elsewhere/a.parquet"}}],
        [INFO, {"add": {}}],
        [ADD],
        [],
    ],
)
def test_delta_is_asked_about_a_commit_that_is_not_plain(
    tmp_path: Path, actions: list[dict[str, object]]
) -> None:
    commit(tmp_path, 0, INFO, PROTOCOL, METADATA, ADD)
    assert read_data_files(tmp_path) is not None
    commit(tmp_path, 1, *actions)
    assert read_data_files(tmp_path) is None


def test_delta_is_asked_about_a_log_without_its_beginning(tmp_path: Path) -> None:
    commit(tmp_path, 1, INFO, PROTOCOL, METADATA, ADD)
    assert read_data_files(tmp_path) is None


@pytest.mark.parametrize(
    "checkpoint",
    ['{"version": 0, "parts": 2}', '{"version": 0, "v2Checkpoint": {}}', '{"version": 0}', "{"],
)
def test_delta_is_asked_about_a_checkpoint_that_is_not_one_whole_file(
    tmp_path: Path, checkpoint: str
) -> None:
    commit(tmp_path, 0, INFO, PROTOCOL, METADATA, ADD)
    commit(tmp_path, 1, INFO)
    (tmp_path / "_delta_log" / "_last_checkpoint").write_text(checkpoint, encoding="utf-8")
    assert read_data_files(tmp_path) is None
