"""Days end in the time zone of the pipeline; other sequences are limited by the known date."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from lakehouse.errors import DeclarationError
from lakehouse.refresh.point_in_time import read_as_of_days
from lakehouse.sql import as_of, bind
from lakehouse.sql.as_of_range import NotPartitionable
from lakehouse.sql.parse import parse
from lakehouse.sql.point_in_time import TableHistory, select_as_of

WEST, EAST = "America/New_York", "Pacific/Auckland"
SECOND, THIRD = date(2026, 3, 2), date(2026, 3, 3)
# city, valid_from, valid_to, known_from; the second of March is over in New York at 05:00 UTC of
# the third, in Auckland at 11:00 UTC of the second.
EVENING = [
    ("Ribe", "2026-03-01 12:00:00", "2026-03-02 10:59:59", "2026-03-01"),
    ("Vejle", "2026-03-02 10:59:59", "2026-03-02 11:00:00", "2026-03-02"),
    ("Skive", "2026-03-02 11:00:00", "2026-03-03 01:30:00", "2026-03-02"),
    ("Aarhus", "2026-03-03 01:30:00", "2026-03-03 05:00:00", "2026-03-02"),
    ("Holbæk", "2026-03-03 05:00:00", None, "2026-03-02"),
]
DATES = [
    ("Ribe", "2026-03-02", "2026-03-03", "2026-03-01"),
    ("Vejle", "2026-03-03", None, "2026-03-02"),
]
NUMBERS = [("Ribe", "700", "800", "2026-03-01"), ("Vejle", "800", None, "2026-03-03")]
GONE = [("Ribe", "700", "800", "2026-03-01"), ("Ribe", "800", "800", "2026-03-02")]
CASES = [
    ("timestamp", "UTC", EVENING, "Skive"),
    ("timestamp", WEST, EVENING, "Aarhus"),
    ("timestamp", EAST, EVENING, "Vejle"),
    ("timestamp_ntz", WEST, EVENING, "Skive"),
    ("timestamp_ntz", EAST, EVENING, "Skive"),
    ("date", WEST, DATES, "Ribe"),
    ("date", EAST, DATES, "Ribe"),
    ("bigint", WEST, NUMBERS, "Ribe"),
    ("string", EAST, NUMBERS, "Ribe"),
    ("decimal(12,0)", "UTC", NUMBERS, "Ribe"),
    ("int", "UTC", GONE, None),
]


def history(spark: SparkSession, kind: str, rows: list[tuple[Any, ...]]) -> DataFrame:
    text = "city string, valid_from string, valid_to string, known_from string"
    return spark.createDataFrame(rows, text).selectExpr(
        "'a' AS key",
        "city",
        f"CAST(valid_from AS {kind}) AS valid_from",
        f"CAST(valid_to AS {kind}) AS valid_to",
        "CAST(known_from AS date) AS known_from",
    )


@pytest.mark.parametrize(("kind", "zone", "rows", "city"), CASES)
def test_a_lookup_and_a_feature_see_the_version_of_the_end_of_the_day(
    spark: SparkSession, kind: str, zone: str, rows: list[tuple[Any, ...]], city: str | None
) -> None:
    stored = history(spark, kind, rows)
    days = spark.createDataFrame([(SECOND,)], "_day date")
    lookup = read_as_of_days(
        stored,
        days,
        keeps_history=True,
        keys=["key"],
        sequence_type=kind,
        zone=zone,
        columns=["city"],
    )
    expected = spark.createDataFrame([(city, SECOND)] if city else [], "city string, day date")
    assert_df_equality(lookup.toDF("city", "day"), expected, ignore_nullable=True)
    query = parse("SELECT city FROM silver.u", file="features/x.sql", inputs=["silver.u"])
    known = {
        "silver.u": TableHistory("scd2", ("key", "city"), ("key",), valid_from_type=kind, zone=zone)
    }
    asked = spark.createDataFrame([(SECOND,)], "as_of date")
    frames = {"silver.u": stored, as_of.DAYS: asked}
    one_day = bind.run(spark, as_of.rewrite_as_of(query, known), frames, {"as_of": SECOND})
    assert [row.city for row in one_day.collect()] == ([city] if city else [])
    many_days = bind.run(spark, as_of.rewrite_as_of_range(query, known), frames)
    assert [row.city for row in many_days.collect()] == ([city] if city else [])


@pytest.mark.parametrize(
    ("zone", "first"),
    [("UTC", "2026-03-02 00:00"), (WEST, "2026-03-02 05:00"), (EAST, "2026-03-01 11:00")],
)
def test_a_lookback_over_timestamps_begins_at_midnight_in_the_time_zone(
    spark: SparkSession, zone: str, first: str
) -> None:
    text = "SELECT timestamp'{0}' AS ts UNION ALL SELECT timestamp'{0}' - INTERVAL 1 SECOND"
    rows = spark.sql(text.format(first)).selectExpr("ts", "date'2026-03-01' AS _known_date")
    known = TableHistory(
        "append", ("ts",), cluster_by="ts", cluster_type="timestamp", lookback_days=2, zone=zone
    )
    query = parse("SELECT ts::string AS ts FROM silver.o", file="x.sql", inputs=["silver.o"])
    result = bind.run(
        spark, as_of.rewrite_as_of(query, {"silver.o": known}), {"silver.o": rows}, {"as_of": THIRD}
    )
    assert [row.ts for row in result.collect()] == [f"{first}:00"]


def test_a_lookup_of_kept_rows_sees_those_known_by_the_day(spark: SparkSession) -> None:
    stored = spark.createDataFrame([("a", SECOND), ("b", THIRD)], "code string, _known_date date")
    days = spark.createDataFrame([(SECOND,), (THIRD,)], "_day date")
    result = read_as_of_days(
        stored, days, keeps_history=False, keys=[], sequence_type=None, zone=WEST, columns=["code"]
    )
    expected = spark.createDataFrame(
        [("a", SECOND), ("a", THIRD), ("b", THIRD)], "code string, _known_date date"
    )
    assert_df_equality(result, expected, ignore_row_order=True)


def test_a_version_without_a_beginning_is_no_deletion() -> None:
    known = TableHistory("scd2", ("key",), ("key",), valid_from_type="bigint")
    text = select_as_of(known, "t", day=":as_of", as_of=":as_of")
    assert "k.valid_to IS NULL OR NOT (k.valid_to <=> k.valid_from)" in text


def test_a_lookback_over_a_number_is_refused() -> None:
    known = TableHistory("append", ("n",), cluster_by="n", cluster_type="bigint", lookback_days=2)
    with pytest.raises(DeclarationError, match="a lookback needs a date or timestamp; n is bigint"):
        select_as_of(known, "t", day=":as_of", as_of=":as_of")


@pytest.mark.parametrize(
    "text",
    [
        "WITH p AS (SELECT date_sub(:as_of, 7) AS since) SELECT o.id FROM silver.o o "
        "CROSS JOIN p WHERE o.day > p.since",
        "SELECT o.id FROM silver.o o WHERE o.day > (SELECT date_sub(:as_of, 7))",
    ],
)
def test_a_relation_that_holds_only_the_day_is_asked_day_by_day(text: str) -> None:
    query = parse(text, file="x.sql", inputs=["silver.o"], parameters=["as_of"])
    known = {"silver.o": TableHistory("append", ("id", "day"))}
    with pytest.raises(NotPartitionable) as caught:
        as_of.rewrite_as_of_range(query, known)
    assert as_of.is_refusal(caught.value)


def test_rows_of_a_replaced_file_are_known_until_it_was_replaced(spark: SparkSession) -> None:
    """Key a came on the 1st in a file that was replaced on the 3rd, and on the 2nd in another one;
    so did key b, alone. Of the rows that are known on a day the earliest counts."""
    first = date(2026, 3, 1)
    stored = spark.createDataFrame(
        [("a", 1, first, THIRD), ("a", 2, SECOND, None), ("b", 3, first, THIRD)],
        "key string, n int, _known_date date, _known_until date",
    )
    expected = {SECOND: [("a", 1), ("b", 3)], THIRD: [("a", 2)]}
    days = spark.createDataFrame([(SECOND,), (THIRD,)], "_day date")
    lookup = read_as_of_days(
        stored, days, keeps_history=False, keys=["key"], sequence_type=None, zone="UTC",
        columns=["key", "n"],
    )  # fmt: skip
    query = parse("SELECT key, n FROM silver.o", file="x.sql", inputs=["silver.o"])
    histories = {"silver.o": TableHistory("append", ("key", "n"), ("key",), has_replaced=True)}
    frames = {"silver.o": stored, as_of.DAYS: days.toDF("as_of")}
    in_range = bind.run(spark, as_of.rewrite_as_of_range(query, histories), frames)
    for day, seen in expected.items():
        one_day = as_of.rewrite_as_of(query, histories)
        on_day = bind.run(spark, one_day, {"silver.o": stored}, {"as_of": day})
        of_lookup = lookup.where(lookup["_known_date"] == day).select("key", "n")
        of_range = in_range.where(in_range["as_of"] == day).select("key", "n")
        for frame in (on_day, of_lookup, of_range):
            assert sorted(tuple(row) for row in frame.collect()) == seen


def test_every_row_of_a_replaced_file_is_known_until_it_was_replaced(spark: SparkSession) -> None:
    stored = spark.createDataFrame(
        [(1, SECOND, THIRD), (1, SECOND, THIRD), (2, THIRD, None)],
        "n int, _known_date date, _known_until date",
    )
    query = parse("SELECT n FROM silver.o", file="x.sql", inputs=["silver.o"])
    histories = {"silver.o": TableHistory("append", ("n",), has_replaced=True)}
    rewritten = as_of.rewrite_as_of(query, histories)
    for day, seen in ((SECOND, [1, 1]), (THIRD, [2])):
        rows = bind.run(spark, rewritten, {"silver.o": stored}, {"as_of": day}).collect()
        assert sorted(row.n for row in rows) == seen


def test_a_version_that_was_replaced_is_not_known_any_more(spark: SparkSession) -> None:
    stored = spark.createDataFrame(
        [("a", "Ribe", 1, None, SECOND, None), ("a", "Vejle", 2, None, SECOND, THIRD)],
        "key string, city string, valid_from int, valid_to int, known_from date, known_to date",
    )
    query = parse("SELECT city FROM silver.u", file="x.sql", inputs=["silver.u"])
    histories = {
        "silver.u": TableHistory(
            "scd2", ("key", "city"), ("key",), valid_from_type="int", has_replaced=True
        )
    }
    rewritten = as_of.rewrite_as_of(query, histories)
    for day, city in ((SECOND, "Vejle"), (THIRD, "Ribe")):
        rows = bind.run(spark, rewritten, {"silver.u": stored}, {"as_of": day}).collect()
        days = spark.createDataFrame([(day,)], "_day date")
        lookup = read_as_of_days(
            stored, days, keeps_history=True, keys=["key"], sequence_type="int", zone="UTC",
            columns=["city"], has_replaced=True,
        )  # fmt: skip
        assert [row.city for row in rows] == [row.city for row in lookup.collect()] == [city]
