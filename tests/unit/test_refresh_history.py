"""A history does not depend on the order or the batches in which its events arrive."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

import pyarrow as pa
import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from session_settings import changed_settings

from lakehouse.refresh.history import INCONSISTENT, derive_history, mark_inconsistent, to_events
from lakehouse.refresh.history_merge import (
    ACTION,
    WRITTEN,
    ambiguous_keys,
    current_rows,
    derive_affected_history,
    merge_clauses,
    merge_source,
)

KEYS = ["shop", "key"]
SHAPED = "shop string, key int, city string, op string, moved int, _known_date date"
COLUMNS = ["shop", "key", "city", "op", "moved", "valid_from", "valid_to"]
COLUMNS += ["known_from", "known_to", "is_current"]
KEPT = (
    "shop string, key int, city string, op string, moved int, valid_from int, valid_to int, "
    "known_from date, known_to date, is_current boolean"
)


@pytest.fixture(autouse=True)
def small_plans(spark: SparkSession) -> Iterator[None]:
    """With a few hundred rows, adaptive planning and code generation cost more than they save."""
    settings = {
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.shuffle.partitions": "2",
    }
    with changed_settings(spark, settings):
        yield


class Event(NamedTuple):
    """A transformed row of the source."""

    shop: str | None
    key: int
    city: str | None
    op: str
    moved: int
    known: date


def day(number: int) -> date:
    return date(2026, 3, number)


def local_frame(spark: SparkSession, rows: Iterable[tuple[Any, ...]], schema: str) -> DataFrame:
    """A frame that Spark knows to be small, unlike one that is created from a list."""
    kinds = {"string": pa.string(), "int": pa.int32(), "date": pa.date32(), "boolean": pa.bool_()}
    fields = [field.split() for field in schema.split(", ")]
    arrow = pa.schema([(name, kinds[kind]) for name, kind in fields])
    names = [name for name, _ in fields]
    table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], arrow)
    return spark.createDataFrame(table)


def told(spark: SparkSession, rows: Iterable[tuple[Any, ...]]) -> DataFrame:
    shaped = local_frame(spark, rows, SHAPED)
    return to_events(shaped, sequence_by="moved", deletes=F.col("op") == "D")


# The reference: the same meaning in plain Python, a key at a time, from all its events.


def _source(stored: DataFrame, arrived: DataFrame, reread: DataFrame | None = None) -> DataFrame:
    """The source of the MERGE for these events."""
    history = derive_affected_history(stored, arrived, keys=KEYS, reread=reread)
    return merge_source(stored, history, keys=KEYS)


def reference(rows: Iterable[Event]) -> set[tuple[Any, ...]]:
    by_key = defaultdict(list)
    for row in rows:
        by_key[row.shop, row.key].append(row)
    return {kept for key, of_key in by_key.items() for kept in _history_of_key(key, of_key)}


def _history_of_key(key: tuple[Any, ...], rows: list[Event]) -> list[tuple[Any, ...]]:
    versions = sorted({row.moved for row in rows})
    ends = dict(zip(versions, [*versions[1:], None], strict=True))
    kept = []
    for version in versions:
        tellings = _tellings([row for row in rows if row.moved == version])
        known_to = [*[known for known, _, _ in tellings[1:]], None]
        for (known, city, op), until in zip(tellings, known_to, strict=True):
            end = version if op == "D" else ends[version]
            current = until is None and ends[version] is None and op != "D"
            kept.append((*key, city, op, version, version, end, known, until, current))
    return kept


def _tellings(rows: list[Event]) -> list[tuple[date, str | None, str]]:
    last_words: list[tuple[date, str | None, str]] = []
    for known in sorted({row.known for row in rows}):
        said = [(row.city, row.op) for row in rows if row.known == known]
        city, op = max(said, key=lambda words: (words[0] is not None, words[0] or "", words[1]))
        last_words.append((known, city, op))
    return [next(same) for _, same in groupby(last_words, key=lambda words: words[1:])]


# A table in memory: what a MERGE of the source would make of it.


class Table:
    def __init__(self, spark: SparkSession) -> None:
        self.spark = spark
        self.rows: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self.source: list[Event] = []
        self.watermark: date | None = None
        self.reread_keys = 0

    @property
    def frame(self) -> DataFrame:
        return local_frame(self.spark, self.rows.values(), KEPT)

    def refresh(self, batch: Sequence[Event]) -> None:
        self.source += batch
        stored, arrived = self.frame, told(self.spark, batch)
        doubtful = ambiguous_keys(stored, arrived, keys=KEYS, watermark=self.watermark)
        named = {(row.shop, row.key) for row in doubtful.collect()}
        reread = None
        if named:
            reread = told(self.spark, [row for row in self.source if row[:2] in named])
        source = _source(stored, arrived, reread)
        self._apply(source.select(*COLUMNS, ACTION, WRITTEN).collect(), len(batch))
        self.reread_keys += len(named)
        self.watermark = max([row.known for row in batch] + [self.watermark or date.min])

    def _apply(self, changes: list[Any], offered: int) -> None:
        assert sum(row[WRITTEN] for row in changes) <= offered
        for row in changes:
            kept = tuple(row[name] for name in COLUMNS)
            place = (row.shop, row.key, row.valid_from, row.known_from)
            assert (place in self.rows) == (row[ACTION] != "insert"), row
            if row[ACTION] == "delete":
                del self.rows[place]
            else:
                assert self.rows.get(place) != kept, f"nothing changes: {row}"
                self.rows[place] = kept


def random_events(chance: random.Random) -> list[Event]:
    """Keys with ties in the sequence, repeats, deletions, NULL keys and contents, late rows."""
    rows = []
    for number in range(320):
        shop = chance.choice(["n", "s", None])
        cities = chance.sample(["Ribe", "Skive", "Vejle", None], chance.randint(1, 3))
        for _ in range(chance.randint(1, 9)):
            op = "D" if chance.random() < 0.15 else chance.choice("IU")
            moved, known = chance.randint(1, 3), day(chance.randint(1, 4))
            rows.append(Event(shop, number, chance.choice(cities), op, moved, known))
    return rows


def of_days(rows: list[Event], order: Sequence[int]) -> list[list[Event]]:
    return [[row for row in rows if row.known == day(number)] for number in order]


@pytest.mark.parametrize("order", ["range", "days", "shuffled days", "pieces"])
def test_days_a_range_another_order_and_pieces_give_the_history_of_all_events(
    spark: SparkSession, order: str
) -> None:
    chance = random.Random(20260301)
    rows = random_events(chance)
    batches = {
        "range": [rows],
        "days": of_days(rows, range(1, 5)),
        "shuffled days": of_days(rows, [3, 1, 4, 2]),
        "pieces": [rows[number::3] for number in range(3)],
    }[order]
    table = Table(spark)
    for batch in batches:
        table.refresh(batch)
    expected = reference(rows)
    wrong = {place[:2] for place in set(table.rows.values()) ^ expected}
    for key in sorted(wrong, key=str)[:1]:
        events_of_key = [row for batch in batches for row in batch if row[:2] == key]
        found = sorted((row for row in table.rows.values() if row[:2] == key), key=str)
        wanted = sorted((row for row in expected if row[:2] == key), key=str)
        pytest.fail(f"{len(wrong)} keys\narrived {events_of_key}\nfound {found}\nnot {wanted}")
    assert mark_inconsistent(table.frame, keys=KEYS).where(INCONSISTENT).collect() == []
    assert (table.reread_keys > 0) == (order in ("shuffled days", "pieces"))


def test_an_example_of_the_docstring(spark: SparkSession) -> None:
    rows = [
        ("n", 1, "Ripe", "I", 1, day(1)),
        ("n", 1, "Ribe", "U", 1, day(3)),
        ("n", 1, "Ribe", "U", 1, day(4)),
        ("n", 1, "Vejle", "U", 5, day(5)),
        ("n", 1, "Vejle", "D", 9, day(9)),
    ]
    result = derive_history(told(spark, rows), keys=KEYS).select(*COLUMNS)
    expected = spark.createDataFrame(
        [
            ("n", 1, "Ripe", "I", 1, 1, 5, day(1), day(3), False),
            ("n", 1, "Ribe", "U", 1, 1, 5, day(3), None, False),
            ("n", 1, "Vejle", "U", 5, 5, 9, day(5), None, False),
            ("n", 1, "Vejle", "D", 9, 9, 9, day(9), None, False),
        ],
        KEPT,
    )
    assert_df_equality(result, expected, ignore_row_order=True, ignore_nullable=True)


def test_a_version_that_arrives_twice_on_a_day_gives_one_current_row(
    spark: SparkSession,
) -> None:
    """Day 1 says b, day 2 says a and b, day 3 says a: b until day 3, then a."""
    table = Table(spark)
    batches = [["b"], ["b", "a"], ["a"]]
    for number, cities in enumerate(batches, 1):
        table.refresh([Event("n", 1, city, "I", 1, day(number)) for city in cities])
    expected = spark.createDataFrame(
        [
            ("n", 1, "b", "I", 1, 1, None, day(1), day(3), False),
            ("n", 1, "a", "I", 1, 1, None, day(3), None, True),
        ],
        KEPT,
    )
    assert_df_equality(table.frame, expected, ignore_row_order=True, ignore_nullable=True)


def test_a_day_that_is_run_after_a_later_one_moves_the_version_back(
    spark: SparkSession,
) -> None:
    """A daily dump with the same content: one row, known since the earlier day."""
    table = Table(spark)
    for number in (3, 2):
        table.refresh([Event("n", 1, "Ribe", "I", 1, day(number))])
    expected = spark.createDataFrame([("n", 1, "Ribe", "I", 1, 1, None, day(2), None, True)], KEPT)
    assert_df_equality(table.frame, expected, ignore_nullable=True)


def test_a_dropped_repeat_counts_when_a_day_between_arrives_late(spark: SparkSession) -> None:
    table = Table(spark)
    for number, city in ((1, "a"), (3, "a"), (2, "b")):
        table.refresh([Event("n", 1, city, "I", 1, day(number))])
    assert sorted((row[7], row[2]) for row in table.rows.values()) == [
        (day(1), "a"),
        (day(2), "b"),
        (day(3), "a"),
    ]


def test_a_version_without_a_sequence_value_is_no_deletion(spark: SparkSession) -> None:
    stored = spark.createDataFrame(
        [("n", 1, "Ribe", "I", None, None, None, day(1), None, True)], KEPT
    )
    again = told(spark, [("n", 1, "Ribe", "I", None, day(2))])
    assert _source(stored, again).collect() == []


def test_a_new_column_is_null_in_the_rows_before_it(spark: SparkSession) -> None:
    stored = spark.createDataFrame([("n", 1, "Ribe", "I", 1, 1, None, day(1), None, True)], KEPT)
    arrived = told(spark, [("n", 1, "Ribe", "I", 1, day(2)), ("n", 1, "Vejle", "U", 2, day(2))])
    coloured = arrived.withColumn("colour", F.when(F.col("city") == "Vejle", "blue"))
    result = _source(stored, coloured).orderBy("valid_from")
    shown = result.select("city", "colour", "valid_from", "valid_to", ACTION, WRITTEN)
    expected = spark.createDataFrame(
        [("Ribe", None, 1, 2, "update", False), ("Vejle", "blue", 2, None, "insert", True)],
        "city string, colour string, valid_from int, valid_to int, _action string, "
        "_written boolean",
    )
    assert_df_equality(shown, expected, ignore_nullable=True)


def test_the_clauses_make_of_a_table_what_the_source_says(
    spark: SparkSession, tmp_path: Any
) -> None:
    place = str(tmp_path / "history")
    first = [
        ("n", 1, "Ribe", "I", 1, day(1)),
        ("n", 2, "Ribe", "I", 1, day(3)),
        (None, 3, "Skive", "I", 1, day(1)),
    ]
    second = [
        ("n", 1, "Vejle", "U", 2, day(4)),
        ("n", 2, "Ribe", "I", 1, day(2)),
        (None, 3, "Skive", "D", 2, day(4)),
    ]
    derive_history(told(spark, first), keys=KEYS).write.format("delta").save(place)
    stored = spark.read.format("delta").load(place)
    source = _source(stored, told(spark, second))
    same = " AND ".join(f"t.{name} <=> s.{name}" for name in [*KEYS, "valid_from", "known_from"])
    spark.sql(
        f"MERGE INTO delta.`{place}` AS t USING {{source}} AS s ON {same} "
        + merge_clauses(source.columns, keys=KEYS),
        source=source,
    )
    result = spark.read.format("delta").load(place).select(*COLUMNS)
    expected = derive_history(told(spark, first + second), keys=KEYS).select(*COLUMNS)
    assert_df_equality(result, expected, ignore_row_order=True, ignore_nullable=True)


def test_the_current_rows_of_a_table_leave_out_deleted_keys(spark: SparkSession) -> None:
    """Key 1 is deleted now, key 2 was deleted before a late row came, key 3 is untouched."""
    before = [
        ("n", 1, "Ribe", "I", 1, day(1)),
        ("n", 2, "Ribe", "I", 1, day(1)),
        ("n", 2, "Ribe", "D", 9, day(1)),
        (None, 3, "Skive", "I", 1, day(1)),
    ]
    stored = derive_history(told(spark, before), keys=KEYS)
    arrived = told(spark, [("n", 1, "Ribe", "D", 2, day(2)), ("n", 2, "Vejle", "U", 5, day(2))])
    arrived = arrived.unionByName(told(spark, [("s", 4, "Vejle", "I", 1, day(2))]))
    result = current_rows(stored, arrived, keys=KEYS).select(SHAPED.replace(",", "").split()[::2])
    expected = spark.createDataFrame(
        [(None, 3, "Skive", "I", 1, day(1)), ("s", 4, "Vejle", "I", 1, day(2))], SHAPED
    )
    assert_df_equality(result, expected, ignore_row_order=True, ignore_nullable=True)


def test_a_history_that_is_not_sound_is_noticed(spark: SparkSession) -> None:
    """One row: key, valid_from, valid_to, known_to, is_current."""
    wrong = {
        "one version twice": [(1, 2, None, False), (2, None, None, True), (1, None, None, True)],
        "two current rows": [(1, None, None, True), (2, None, None, True)],
        "a gap": [(1, 2, None, False), (3, None, None, True)],
        "an overlap": [(1, 4, None, False), (3, None, None, True)],
        "none current": [(1, None, None, False)],
        "current and superseded": [(1, None, 2, True), (1, None, None, True)],
        "current and deleted": [(1, None, None, True), (2, 2, None, False)],
    }
    right = {
        "corrected": [(1, 2, 5, False), (1, 2, None, False), (2, None, None, True)],
        "deleted": [(1, 2, None, False), (2, 2, None, False)],
        "deleted and back": [(1, 2, None, False), (2, 2, None, False), (4, None, None, True)],
    }
    table = spark.createDataFrame(
        [(key, *row) for key, rows in (wrong | right).items() for row in rows],
        "key string, valid_from int, valid_to int, known_to int, is_current boolean",
    )
    marked = mark_inconsistent(table, keys=["key"]).where(INCONSISTENT)
    assert {row.key for row in marked.collect()} == set(wrong)


def test_the_safe_events_of_a_table_are_not_read_again(spark: SparkSession) -> None:
    """Out of order and otherwise than the stored version: key 1 alone."""
    before = [("n", key, "Ribe", "I", 1, day(2)) for key in (1, 2, 3, 4)]
    stored = derive_history(told(spark, before), keys=KEYS)
    arrived = told(
        spark,
        [
            ("n", 1, "Vejle", "I", 1, day(2)),  # the day is not over: a lesser row was dropped?
            ("n", 2, "Ribe", "I", 1, day(1)),  # says the same
            ("n", 3, "Vejle", "I", 1, day(3)),  # in order
            ("n", 4, "Vejle", "U", 2, day(1)),  # another version
            ("s", 5, "Vejle", "I", 1, day(1)),  # another key
        ],
    )
    result = ambiguous_keys(stored, arrived, keys=KEYS, watermark=day(2))
    expected = spark.createDataFrame([("n", 1)], "shop string, key int")
    assert_df_equality(result, expected)
    assert ambiguous_keys(stored, arrived, keys=KEYS, watermark=None).collect() == []
