"""A history in which some events were replaced shows, for each day, what was known on it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Any

from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.refresh.history import (
    ARRIVED,
    INCONSISTENT,
    derive_history,
    mark_inconsistent,
    to_events,
)
from lakehouse.refresh.history_merge import (
    WRITTEN,
    ambiguous_keys,
    derive_affected_history,
    merge_source,
)
from lakehouse.refresh.key_filter import filter_by_keys

SHAPED = "key int, city string, op string, moved int, _known_date date, _known_until date"
COLUMNS = ["key", "city", "op", "valid_from", "valid_to", "known_from", "known_to", "is_current"]
KEPT = (
    "key int, city string, op string, valid_from int, valid_to int, known_from date, "
    "known_to date, is_current boolean"
)
Row = tuple[Any, ...]


def day(number: int) -> date:
    return date(2026, 3, number)


def told(spark: SparkSession, rows: Iterable[Row]) -> DataFrame:
    shaped = spark.createDataFrame(list(rows), SHAPED)
    return to_events(shaped, sequence_by="moved", deletes=F.col("op") == "D").drop("moved")


def reference(rows: Iterable[Row]) -> set[Row]:
    """The same in plain Python: for each version, day by day, the last word that is still said."""
    kept: set[Row] = set()
    for key, of_key in groupby(sorted(rows, key=lambda row: row[0]), key=lambda row: row[0]):
        said = list(of_key)
        words = {version: _words(said, version) for version in {row[3] for row in said}}
        live = sorted(version for version, spans in words.items() if spans[-1][1] is None)
        for version, spans in words.items():
            later = [other for other in live if other > version]
            following = later[0] if later and version in live else None
            for begin, until, (city, op) in spans:
                end = version if op == "D" else following
                current = until is None and following is None and op != "D"
                kept.add((key, city, op, version, end, begin, until, current))
    return kept


def _words(said: list[Row], version: int) -> list[tuple[date, date | None, tuple[str, str]]]:
    of_version = [row for row in said if row[3] == version]
    days = sorted({d for row in of_version for d in (row[4], row[5]) if d is not None})
    last = [(d, _last(of_version, d)) for d in days]
    changes = [next(same) for _, same in groupby(last, key=lambda pair: pair[1])]
    ends = [begin for begin, _ in changes[1:]] + [None]
    spans = [(begin, end, word) for (begin, word), end in zip(changes, ends, strict=True)]
    return [(begin, end, word) for begin, end, word in spans if word is not None]


def _last(rows: list[Row], on: date) -> tuple[str, str] | None:
    active = [row for row in rows if row[4] <= on and (row[5] is None or row[5] > on)]
    newest = max(active, key=lambda row: (row[4], row[1], row[2]), default=None)
    return None if newest is None else (newest[1], newest[2])


def random_events(chance: random.Random, keys: int) -> list[Row]:
    """Some events per key, half of them replaced on a later day."""
    rows = []
    for key in range(keys):
        for _ in range(chance.randint(1, 7)):
            known = chance.randint(1, 5)
            until = day(chance.randint(known + 1, 6)) if chance.random() < 0.5 else None
            op = "D" if chance.random() < 0.15 else "U"
            rows.append((key, chance.choice("abc"), op, chance.randint(1, 3), day(known), until))
    return rows


def as_rows(history: DataFrame) -> set[Row]:
    rows = [tuple(row) for row in history.select(*COLUMNS).collect()]
    assert len(rows) == len(set(rows))
    return set(rows)


def test_random_events_of_which_some_were_replaced(spark: SparkSession) -> None:
    rows = random_events(random.Random(6), 250)
    derived = derive_history(told(spark, rows), keys=["key"])
    assert as_rows(derived) == reference(rows)
    assert mark_inconsistent(derived, keys=["key"]).where(INCONSISTENT).collect() == []


def test_events_after_a_replacement_are_derived_from_the_table(spark: SparkSession) -> None:
    """Some in order, some late and then from all events; each arrived event counts once."""
    chance = random.Random(7)
    before = random_events(chance, 200)
    batch = [
        (key, chance.choice("abc"), "U", chance.randint(1, 3), day(chance.randint(3, 8)), None)
        for key in range(0, 200, 2)
    ]
    schema = derive_history(told(spark, before), keys=["key"]).select(*COLUMNS)
    stored = spark.createDataFrame(schema.collect(), KEPT)
    arrived = told(spark, batch)
    unclear = ambiguous_keys(stored, arrived, keys=["key"], watermark=day(6))
    reread = filter_by_keys(told(spark, [*before, *batch]), unclear, keys=["key"])
    derived = derive_affected_history(stored, arrived, keys=["key"], reread=reread)
    expected = {row for row in reference([*before, *batch]) if row[0] % 2 == 0}
    assert as_rows(derived.drop(ARRIVED)) == expected
    source = merge_source(stored, derived, keys=["key"])
    assert source.where(WRITTEN).count() <= len(batch)


def test_what_was_replaced_gives_way_to_what_others_say(spark: SparkSession) -> None:
    """Ribe came in a file that was replaced on day 6; so did all that was said of key 2, and the
    version of key 3 that followed another."""
    rows = [
        (1, "Ripe", "I", 1, day(1), None),
        (1, "Ribe", "U", 1, day(3), day(6)),
        (2, "Vejle", "I", 1, day(2), day(6)),
        (3, "Ribe", "I", 1, day(1), None),
        (3, "Skive", "U", 2, day(2), day(6)),
    ]
    expected = spark.createDataFrame(
        [
            (1, "Ripe", "I", 1, None, day(1), day(3), False),
            (1, "Ribe", "U", 1, None, day(3), day(6), False),
            (1, "Ripe", "I", 1, None, day(6), None, True),
            (2, "Vejle", "I", 1, None, day(2), day(6), False),
            (3, "Ribe", "I", 1, None, day(1), None, True),
            (3, "Skive", "U", 2, None, day(2), day(6), False),
        ],
        KEPT,
    )
    result = derive_history(told(spark, rows), keys=["key"]).select(*COLUMNS)
    assert_df_equality(result, expected, ignore_row_order=True, ignore_nullable=True)
