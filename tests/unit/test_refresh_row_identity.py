"""The identity of a bronze row: loading a file again adds only missing rows."""

from __future__ import annotations

from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from lakehouse.refresh.row_identity import drop_rows_loaded_before, number_occurrences

ROWS = "_source_file string, _row_hash string, _run_id string, _known_date int"


def frame(spark: SparkSession, *rows: tuple[object, ...]) -> DataFrame:
    return spark.createDataFrame(rows, ROWS)


def test_equal_rows_of_one_load_of_a_file_are_numbered(spark: SparkSession) -> None:
    rows = frame(
        spark, ("a", "h", "r1", 1), ("a", "h", "r1", 1), ("a", "i", "r1", 1), ("b", "h", "r1", 1)
    )
    expected = spark.createDataFrame(
        [
            ("a", "h", "r1", 1, 1),
            ("a", "h", "r1", 1, 2),
            ("a", "i", "r1", 1, 1),
            ("b", "h", "r1", 1, 1),
        ],
        f"{ROWS}, _occurrence int",
    )
    numbered = number_occurrences(rows)
    assert_df_equality(numbered, expected, ignore_row_order=True, ignore_nullable=True)


def test_rows_of_a_changed_file_that_were_there_before_keep_their_identity(
    spark: SparkSession,
) -> None:
    first = [("a", "h", "r1", 1), ("a", "h", "r1", 1), ("a", "i", "r1", 1)]
    again = [("a", "h", "r2", 2), ("a", "h", "r2", 2), ("a", "h", "r2", 2), ("a", "j", "r2", 2)]
    new = [("a", "h", "r2", 2), ("a", "j", "r2", 2)]
    in_one = drop_rows_loaded_before(frame(spark, *first, *again), None)
    assert_df_equality(in_one, frame(spark, *first, *new), ignore_row_order=True)
    later = drop_rows_loaded_before(frame(spark, *again), frame(spark, *first))
    assert_df_equality(later, frame(spark, *new), ignore_row_order=True)
