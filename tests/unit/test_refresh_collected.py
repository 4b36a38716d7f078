"""Few rows that several tables of a run read are collected once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from pyspark.sql import DataFrame, SparkSession

from lakehouse.refresh.batch import SMALL_ROWS
from lakehouse.refresh.change_feed import Feed
from lakehouse.refresh.collected import CollectedRows
from lakehouse.refresh.progress import Position

SINCE, UNTIL = Position("t", 3), Position("t", 4)


def counted(frame: DataFrame, calls: list[int]) -> Callable[[], DataFrame]:
    def read() -> DataFrame:
        calls.append(1)
        return frame

    return read


def test_tables_that_ask_at_the_same_time_read_once(spark: SparkSession) -> None:
    collected, calls = CollectedRows(), list[int]()
    read = counted(spark.range(3), calls)

    def ask(session: SparkSession) -> list[int]:
        frame = collected.changes(session, "silver.a", SINCE, UNTIL, read)
        assert frame is not None
        assert frame.sparkSession is session
        return sorted(row.id for row in frame.collect())

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(ask, [spark.newSession() for _ in range(3)]))
    assert found == [[0, 1, 2]] * 3
    assert len(calls) == 1


def test_too_many_rows_are_not_collected_and_not_asked_for_again(spark: SparkSession) -> None:
    collected, calls = CollectedRows(), list[int]()
    read = counted(spark.range(SMALL_ROWS + 1), calls)
    for _ in range(2):
        assert collected.changes(spark, "silver.a", SINCE, UNTIL, read) is None
    assert len(calls) == 1


def test_appended_rows_are_given_between_their_positions_only(spark: SparkSession) -> None:
    collected = CollectedRows()
    collected.offer("silver.a", SINCE, UNTIL, spark.range(2))
    rows = collected.appended(spark, "silver.a", SINCE, UNTIL)
    assert rows is not None
    assert rows.count() == 2
    assert collected.appended(spark, "silver.b", SINCE, UNTIL) is None
    assert collected.appended(spark, "silver.a", Position("t", 2), UNTIL) is None
    assert collected.appended(spark, "silver.a", Position("u", 3), UNTIL) is None


def test_a_feed_adds_what_was_deleted_or_overwritten(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [(1, "insert"), (2, "update_preimage"), (3, "update_postimage"), (4, "delete")],
        "n int, _change_type string",
    )
    feed, current = Feed(rows, only_inserts=False), spark.createDataFrame([(1,), (3,)], "n int")
    assert sorted(row.n for row in feed.images().collect()) == [1, 2, 3, 4]
    assert sorted(row.n for row in feed.add_deleted(current).collect()) == [1, 2, 3, 4]
    assert Feed(rows, only_inserts=True).add_deleted(current) is current
