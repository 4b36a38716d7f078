"""The files of a log tell what ``DESCRIBE HISTORY`` tells; where they do not, Delta is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.config.settings import Settings
from lakehouse.errors import RunFailed
from lakehouse.storage import writes
from lakehouse.storage.commit_files import find_incomplete, is_empty, read_commits, read_table_id
from lakehouse.storage.history import Commit
from lakehouse.storage.tables import Tables

TABLE = "silver.a"


@pytest.fixture
def tables(spark: SparkSession, tmp_path: Path) -> Tables:
    settings = Settings(pipeline="p", env="test", conf_dir=tmp_path, warehouse=f"{tmp_path}/w")
    return Tables(spark, settings)


def folder(tables: Tables) -> Path:
    return Path(tables.path(TABLE))


def write_history(tables: Tables) -> None:
    """An overwrite, a MERGE, two maintenance commits and a RESTORE."""
    spark = tables.spark
    writes.overwrite(tables, TABLE, spark.range(3), {"run_id": "one"})
    clauses = "WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT *"
    rows = spark.range(2, 5)
    writes.merge(tables, TABLE, rows, on=["id"], clauses=clauses, tag={"run_id": "two"})
    for statement in ("OPTIMIZE {}", "ALTER TABLE {} SET TBLPROPERTIES ('a' = 'b')"):
        spark.sql(statement.format(tables.identifier(TABLE)))
    spark.sql(f"RESTORE {tables.identifier(TABLE)} TO VERSION AS OF 0")


def facts(commit: Commit) -> tuple[object, ...]:
    """What a commit says; a RESTORE by version has no time to restore to."""
    parameters = {name: text for name, text in commit.parameters.items() if text is not None}
    return (commit.version, commit.operation, commit.metrics, commit.tag, parameters,
            commit.timestamp)  # fmt: skip


def test_the_files_tell_the_same_as_describe_history(tables: Tables) -> None:
    write_history(tables)
    described = tables._describe_history(TABLE, None)
    assert len(described) == 5
    assert list(map(facts, read_commits(folder(tables)) or ())) == list(map(facts, described))
    newest = read_commits(folder(tables), 2) or ()
    assert [commit.version for commit in newest] == [4, 3]
    detail = tables.spark.sql(f"DESCRIBE DETAIL {tables.identifier(TABLE)}").select("id").collect()
    assert read_table_id(folder(tables)) == detail[0].id


def test_a_folder_without_a_log_is_no_table(tmp_path: Path) -> None:
    assert read_commits(tmp_path / "absent") == []
    assert read_table_id(tmp_path / "absent") is None


def commit_file(log: Path, version: int, text: str) -> None:
    log.mkdir(parents=True, exist_ok=True)
    (log / f"{version:020}.json").write_text(text, encoding="utf-8")


COMMIT = '{"commitInfo":{"timestamp":1,"operation":"WRITE"}}\n'


@pytest.mark.parametrize("damaged", ["", "{", '{"add":{}}\n', '{"commitInfo":{}}\n'])
def test_delta_is_asked_about_a_damaged_commit(tmp_path: Path, damaged: str) -> None:
    log = tmp_path / "_delta_log"
    commit_file(log, 0, COMMIT)
    commit_file(log, 1, damaged)
    assert read_commits(tmp_path) is None


@pytest.mark.parametrize(("text", "expected"), [("", True), ("\n", True), ('{"add":{}}\n', False)])
def test_a_commit_whose_file_has_no_lines_is_empty(
    tmp_path: Path, text: str, expected: bool
) -> None:
    log = tmp_path / "_delta_log"
    log.mkdir()
    (log / f"{3:020}.json").write_text(text)
    assert is_empty(tmp_path, 3) is expected
    assert not is_empty(tmp_path, 4)


def test_delta_is_asked_about_a_log_with_a_gap_or_without_commits(tmp_path: Path) -> None:
    log = tmp_path / "_delta_log"
    log.mkdir()
    assert read_commits(tmp_path) is None
    commit_file(log, 1, COMMIT)
    commit_file(log, 3, COMMIT)
    assert read_commits(tmp_path) is None


def test_delta_is_asked_about_commits_of_a_catalog(tmp_path: Path) -> None:
    log = tmp_path / "_delta_log"
    commit_file(log, 0, COMMIT)
    assert read_commits(tmp_path) is not None
    commit_file(log / "_staged_commits", 1, COMMIT)
    assert read_commits(tmp_path) is None


def test_a_log_whose_oldest_commits_have_expired_is_read(tmp_path: Path) -> None:
    for version in (7, 8):
        commit_file(tmp_path / "_delta_log", version, COMMIT)
    commits = read_commits(tmp_path)
    assert commits is not None
    assert [commit.version for commit in commits] == [8, 7]


def test_a_commit_that_lost_its_files_is_noticed_with_its_version(tables: Tables) -> None:
    writes.overwrite(tables, TABLE, tables.spark.range(3), {"run_id": "one"})
    writes.append(tables, TABLE, tables.spark.range(2), {"run_id": "two"})
    tables.spark.sql(f"ALTER TABLE {tables.identifier(TABLE)} SET TBLPROPERTIES ('a' = 'b')")
    commits = read_commits(folder(tables)) or []
    assert find_incomplete(folder(tables), commits) is None
    file = folder(tables) / "_delta_log" / f"{1:020}.json"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if '"add"' not in line))
    assert find_incomplete(folder(tables), commits) == 1
    with pytest.raises(RunFailed, match=r"silver\.a: version 1 in its log is damaged"):
        tables.state(TABLE)
