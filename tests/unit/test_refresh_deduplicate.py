"""The row that is kept per key does not depend on order or batches."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from lakehouse.refresh.deduplicate import (
    drop_exact_repeats,
    earliest_per_key,
    is_earlier,
    is_later,
    latest_per_key,
    upsert_clauses,
)

KEYS = ["key"]
NAMES = ["key", "moved", "city", "_known_date"]
ROW = pa.schema(
    [
        ("key", pa.int32()),
        ("moved", pa.int32()),
        ("city", pa.string()),
        ("_known_date", pa.date32()),
    ]
)
Batch = Sequence[tuple[Any, ...]]


def frame(spark: SparkSession, rows: Batch) -> DataFrame:
    table = pa.Table.from_pylist([dict(zip(NAMES, row, strict=True)) for row in rows], ROW)
    return spark.createDataFrame(table)


def day(number: int) -> date:
    return date(2026, 3, number)


def random_rows(chance: random.Random, number: int) -> list[tuple[Any, ...]]:
    return [
        (
            chance.choice([None, *range(number // 4)]),
            chance.choice([None, 1, 2]),
            chance.choice([None, "Ribe", "Vejle"]),
            day(chance.randint(1, 4)),
        )
        for _ in range(number)
    ]


def _earliest(rows: DataFrame) -> DataFrame:
    return earliest_per_key(rows, keys=KEYS)


def _latest(rows: DataFrame) -> DataFrame:
    return latest_per_key(rows, keys=KEYS, sequence_by="moved")


def append_clauses(columns: list[str], keys: list[str], target: list[str]) -> str:
    return upsert_clauses(is_earlier(columns, keys, target_columns=target), columns, keys, target)


def scd1_clauses(columns: list[str], target: list[str]) -> str:
    wins = is_later(columns, KEYS, sequence_by="moved", target_columns=target)
    return upsert_clauses(wins, columns, KEYS, target)


MODES: dict[str, tuple[Callable[[DataFrame], DataFrame], list[str], str]] = {
    "append with keys": (_earliest, KEYS, append_clauses(NAMES, KEYS, NAMES)),
    "append, keys: all": (
        drop_exact_repeats,
        NAMES[:3],
        append_clauses(NAMES, NAMES[:3], NAMES),
    ),
    "scd1": (
        _latest,
        KEYS,
        scd1_clauses(NAMES, NAMES),
    ),
}


def merge(place: str, source: DataFrame, keys: list[str], clauses: str) -> DataFrame:
    """The table after a MERGE of the rows; the columns that it lacks are added first."""
    spark = source.sparkSession
    stored = spark.read.format("delta").load(place).columns
    lacking = [f"`{name}` {kind}" for name, kind in source.dtypes if name not in stored]
    if lacking:
        spark.sql(f"ALTER TABLE delta.`{place}` ADD COLUMNS ({', '.join(lacking)})")
    condition = " AND ".join(f"t.`{key}` <=> s.`{key}`" for key in keys)
    spark.sql(
        f"MERGE INTO delta.`{place}` AS t USING {{source}} AS s ON {condition} {clauses}",
        source=source,
    )
    return spark.read.format("delta").load(place)


@pytest.mark.parametrize("mode", MODES)
def test_batches_in_any_order_give_the_rows_of_all_at_once(
    spark: SparkSession, tmp_path: Path, mode: str
) -> None:
    choose, keys, clauses = MODES[mode]
    batches = [random_rows(random.Random(seed), 400) for seed in range(2)]
    expected = choose(frame(spark, [row for batch in batches for row in batch]))
    for order in ([0, 1], [1, 0]):
        place = str(tmp_path / "".join(str(number) for number in order))
        choose(frame(spark, batches[order[0]])).write.format("delta").save(place)
        result = merge(place, choose(frame(spark, batches[order[1]])), keys, clauses)
        assert_df_equality(result, expected, ignore_row_order=True, ignore_nullable=True)


def test_the_earliest_known_row_of_a_key_stays_and_of_a_day_the_least(spark: SparkSession) -> None:
    rows = [(1, 1, "x", day(2)), (1, 1, "z", day(1)), (1, 1, "y", day(1)), (None, 1, "z", day(1))]
    expected = frame(spark, [rows[2], rows[3]])
    assert_df_equality(_earliest(frame(spark, rows)), expected, ignore_row_order=True)


def test_the_greatest_sequence_stays_then_the_last_known_and_null_is_the_least(
    spark: SparkSession,
) -> None:
    rows = [(1, None, "z", day(9)), (1, 3, "a", day(2)), (1, 3, "b", day(1)), (1, 1, "c", day(3))]
    assert_df_equality(_latest(frame(spark, rows)), frame(spark, [rows[1]]))


def test_equal_rows_are_one_row_known_since_the_first_day(spark: SparkSession) -> None:
    rows = [(1, 1, None, day(2)), (1, 1, None, day(1)), (1, 1, "y", day(3))]
    expected = frame(spark, rows[1:])
    assert_df_equality(drop_exact_repeats(frame(spark, rows)), expected, ignore_row_order=True)


@pytest.mark.parametrize("mode", ["append with keys", "scd1"])
def test_columns_that_one_side_lacks_count_as_null(
    spark: SparkSession, tmp_path: Path, mode: str
) -> None:
    """Key 1 is replaced as a whole; key 2 stays, since NULL is the least colour."""
    is_append = mode == "append with keys"
    known = [day(1), day(3)] if is_append else [day(3), day(1)]
    place = str(tmp_path / "table")
    spark.createDataFrame(
        [(1, 1, "old", day(2)), (2, 1, "old", known[0])],
        "key int, moved int, was string, _known_date date",
    ).write.format("delta").save(place)
    columns = ["key", "moved", "colour", "_known_date"]
    source = spark.createDataFrame(
        [(1, 1, "red", known[0]), (2, 1, "red", known[1]), (3, 1, "red", day(2))],
        "key int, moved int, colour string, _known_date date",
    )
    target = ["key", "moved", "was", "_known_date"]
    clauses = append_clauses(columns, KEYS, target)
    if not is_append:
        clauses = scd1_clauses(columns, target)
    result = merge(place, source, KEYS, clauses).select("key", "was", "colour")
    expected = spark.createDataFrame(
        [(1, None, "red"), (2, "old", None), (3, None, "red")],
        "key int, was string, colour string",
    )
    assert_df_equality(result, expected, ignore_row_order=True, ignore_nullable=True)


def test_null_in_a_new_column_sorts_first_within_a_day(spark: SparkSession, tmp_path: Path) -> None:
    place = str(tmp_path / "table")
    stored = "key int, moved int, _known_date date"
    spark.createDataFrame([(1, 1, day(1))], stored).write.format("delta").save(place)
    columns, target = ["key", "moved", "colour", "_known_date"], ["key", "moved", "_known_date"]
    source = spark.createDataFrame(
        [(1, 1, "red", day(1))], "key int, moved int, colour string, _known_date date"
    )
    clauses = append_clauses(columns, KEYS, target)
    rows = merge(place, source, KEYS, clauses).collect()
    assert [row.asDict().get("colour") for row in rows] == [None]
    clauses = scd1_clauses(columns, target)
    assert [row.colour for row in merge(place, source, KEYS, clauses).collect()] == ["red"]
