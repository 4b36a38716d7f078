"""Which contents of files were replaced, according to the commits of bronze."""

from __future__ import annotations

from datetime import date
from typing import Any

from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from lakehouse.refresh import difference, replacements
from lakehouse.sources.file_record import FileRecord
from lakehouse.storage.history import Commit

MON, TUE, WED = (date(2026, 3, day) for day in (2, 3, 4))


def commit(version: int, *runs: str, since: date = TUE, content: str = "h2") -> Commit:
    entry = {"runs": [*runs], "since": str(since), "content": content}
    return Commit(version, "WRITE", tag={replacements.TAG: {"a.csv": entry}})


def record(**other: Any) -> FileRecord:
    given: dict[str, Any] = {
        "table": "bronze.t", "path": "a.csv", "length": 10, "modified": None, "content_hash": "h1",
        "known_date": MON, "rows": 5, "rows_rescued": 0, "outcome": "loaded", "message": None,
    }  # fmt: skip
    return FileRecord(**given | other)


def test_each_commit_adds_the_contents_that_it_replaced() -> None:
    commits = [commit(1, "r1"), Commit(2, "WRITE"), commit(3, "r2", since=WED)]
    assert replacements.collect_replaced(commits) == {"a.csv": {"r1": TUE, "r2": WED}}
    assert replacements.last_day(replacements.collect_replaced(commits)) == WED
    assert replacements.last_day({}) is None


def test_a_commit_that_the_ledger_does_not_know_tells_the_new_content() -> None:
    applied = replacements.apply({"a.csv": record()}, "bronze.t", [commit(1, "r1")])
    expected = record(length=None, content_hash="h2", known_date=TUE, rows=0, replaced={"r1": TUE})
    assert applied == {"a.csv": expected}
    assert replacements.apply({}, "bronze.t", [commit(1, "r1")])["a.csv"].replaced == {"r1": TUE}


def test_a_replacement_that_was_undone_is_none_and_the_file_is_loaded_again() -> None:
    known = {"a.csv": record(content_hash="h3", replaced={"r1": TUE, "r2": WED})}
    undone = replacements.apply(known, "bronze.t", [], [commit(3, "r2", since=WED)])
    assert undone == {"a.csv": record(length=None, content_hash="", replaced={"r1": TUE})}


def test_a_commit_says_which_other_content_a_file_had() -> None:
    other = Commit(1, "WRITE", tag={replacements.CONTENTS: {"a.csv": "h2"}})
    applied = replacements.apply({"a.csv": record(rows=0)}, "bronze.t", [other])
    assert applied == {"a.csv": record(length=None, content_hash="h2", rows=0)}
    undone = replacements.apply({"a.csv": record(content_hash="h2")}, "bronze.t", [], [other])
    assert undone == {"a.csv": record(length=None, content_hash="")}


def frame(spark: SparkSession, *rows: tuple[object, ...]) -> DataFrame:
    return spark.createDataFrame(rows, "_source_file string, _run_id string, n int")


def test_rows_of_replaced_contents_end(spark: SparkSession) -> None:
    rows = frame(spark, ("a", "r1", 1), ("a", "r2", 2), ("b", "r1", 3))
    marked = replacements.add_known_until(rows, {"a": {"r1": TUE}})
    expected = spark.createDataFrame(
        [("a", "r1", 1, TUE), ("a", "r2", 2, None), ("b", "r1", 3, None)],
        "_source_file string, _run_id string, n int, _known_until date",
    )
    assert_df_equality(marked, expected, ignore_row_order=True, ignore_nullable=True)
    assert replacements.find_current_loads(rows, ["a", "c"], {"a": {"r1": TUE}}) == {"a": ["r2"]}


def test_only_what_differs_goes_and_comes(spark: SparkSession) -> None:
    held = spark.createDataFrame([("a", 1), ("a", 1), ("b", None), ("c", 1)], "k string, n int")
    wanted = spark.createDataFrame([("a", 1), ("c", 1), ("d", None), ("d", None)], held.schema)
    expected = spark.createDataFrame(
        [("a", 1, "delete"), ("a", 1, "insert"), ("b", None, "delete"), ("d", None, "insert"),
         ("d", None, "insert")],
        "k string, n int, _action string",
    )  # fmt: skip
    actual = difference.merge_source(held, wanted)
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)
    assert difference.merge_source(held, held.select("n", "k")).isEmpty()
