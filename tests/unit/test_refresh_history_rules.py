"""History: late-arriving rows, corrections, deletions and repeats, on a few rows each."""

from __future__ import annotations

from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.refresh.deduplicate import drop_exact_repeats, earliest_per_key, latest_per_key
from lakehouse.refresh.history import derive_history, to_events

SHAPED = "key string, city string, op string, moved int, _known_date int"
KEPT = "key string, city string, valid_from int, valid_to int, known_from int, known_to int"


def _history(spark: SparkSession, *rows: tuple[object, ...]) -> DataFrame:
    shaped = spark.createDataFrame(rows, SHAPED)
    arrived = to_events(shaped, sequence_by="moved", deletes=F.expr("op = 'D'"))
    return derive_history(arrived, keys=["key"])


def _expect(found: DataFrame, *rows: tuple[object, ...]) -> None:
    expected = found.sparkSession.createDataFrame(rows, KEPT + ", is_current boolean")
    shown = found.select(expected.columns)
    assert_df_equality(shown, expected, ignore_row_order=True, ignore_nullable=True)


def test_a_later_version_ends_the_one_before(spark: SparkSession) -> None:
    found = _history(spark, ("a", "Ribe", "I", 1, 1), ("a", "Vejle", "U", 5, 5))
    _expect(found, ("a", "Ribe", 1, 5, 1, None, False), ("a", "Vejle", 5, None, 5, None, True))


def test_a_late_version_takes_its_place_between_the_others(spark: SparkSession) -> None:
    found = _history(
        spark, ("a", "Ribe", "I", 1, 1), ("a", "Vejle", "U", 9, 9), ("a", "Skive", "U", 4, 11)
    )
    _expect(
        found,
        ("a", "Ribe", 1, 4, 1, None, False),
        ("a", "Skive", 4, 9, 11, None, False),
        ("a", "Vejle", 9, None, 9, None, True),
    )


def test_a_correction_of_a_version_says_until_when_the_old_one_was_believed(
    spark: SparkSession,
) -> None:
    found = _history(spark, ("a", "Ripe", "I", 1, 1), ("a", "Ribe", "U", 1, 3))
    _expect(found, ("a", "Ripe", 1, None, 1, 3, False), ("a", "Ribe", 1, None, 3, None, True))


def test_a_deletion_has_an_empty_validity_and_leaves_no_current_row(spark: SparkSession) -> None:
    found = _history(spark, ("a", "Ribe", "I", 1, 1), ("a", "Ribe", "D", 4, 4))
    _expect(found, ("a", "Ribe", 1, 4, 1, None, False), ("a", "Ribe", 4, 4, 4, None, False))


def test_a_version_told_again_is_one_version(spark: SparkSession) -> None:
    found = _history(
        spark, ("a", "Ribe", "I", 1, 1), ("a", "Ribe", "I", 1, 1), ("a", "Ribe", "I", 1, 7)
    )
    _expect(found, ("a", "Ribe", 1, None, 1, None, True))


def test_equal_neighbours_stay_two_versions(spark: SparkSession) -> None:
    found = _history(spark, ("a", "Ribe", "U", 1, 1), ("a", "Ribe", "U", 2, 2))
    _expect(found, ("a", "Ribe", 1, 2, 1, None, False), ("a", "Ribe", 2, None, 2, None, True))


def test_the_first_known_row_of_a_key_stays(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [("a", "x", 2), ("a", "y", 1), (None, "z", 1)], "k string, v string, _known_date int"
    )
    expected = spark.createDataFrame([("a", "y", 1), (None, "z", 1)], rows.schema)
    assert_df_equality(earliest_per_key(rows, keys=["k"]), expected, ignore_row_order=True)


def test_without_keys_only_equal_rows_are_repeats(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [("a", None, 2), ("a", None, 1), ("a", "y", 3)], "k string, v string, _known_date int"
    )
    expected = spark.createDataFrame([("a", None, 1), ("a", "y", 3)], rows.schema)
    assert_df_equality(drop_exact_repeats(rows), expected, ignore_row_order=True)


def test_the_newest_row_of_a_key_wins_and_an_unknown_time_is_the_oldest(
    spark: SparkSession,
) -> None:
    rows = spark.createDataFrame(
        [("a", 1, "x", 1), ("a", 3, "y", 1), ("a", None, "z", 1)],
        "k string, seq int, v string, _known_date int",
    )
    expected = spark.createDataFrame([("a", 3, "y", 1)], rows.schema)
    assert_df_equality(latest_per_key(rows, keys=["k"], sequence_by="seq"), expected)
