"""``check --files`` reads a folder without inferring types, and applies a suite."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession

from lakehouse.errors import UnreadableFiles, UsageError
from lakehouse.quality.evaluate import evaluate_all
from lakehouse.quality.folders import read_folder
from lakehouse.quality.suites import load_suite


def test_csv_columns_are_matched_by_name_and_kept_as_text(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "one.csv").write_text("code,unit price\n007,1.50\n")
    (tmp_path / "two.csv").write_text('unit price,code\n2.00,"a, ""b"""\n')
    expected = spark.createDataFrame(
        [("007", "1.50", None), ('a, "b"', "2.00", None)],
        "code string, `unit price` string, _malformed string",
    )
    actual = read_folder(spark, tmp_path)
    assert_df_equality(actual, expected, ignore_nullable=True, ignore_row_order=True)


@pytest.mark.parametrize(
    ("file", "text"),
    [("a.csv", "code,n\na,1\nb,2,3\nc,3\n"), ("a.json", '{"code":"a"}\n{"code":\n{"code":"c"}\n')],
)
def test_a_malformed_line_fails_the_check(
    spark: SparkSession, tmp_path: Path, file: str, text: str
) -> None:
    (tmp_path / file).write_text(text)
    suite = tmp_path / "suite.txt"
    rows = {
        "type": "expect_table_row_count_to_equal",
        "kwargs": {"value": 3},
        "meta": {"id": "all"},
    }
    suite.write_text(json.dumps({"name": "s", "expectations": [rows]}))
    found = evaluate_all(read_folder(spark, tmp_path), load_suite(suite))
    told = [(result.rule, result.rows, result.passed, result.ok) for result in found]
    assert told == [("row_is_well_formed", 3, 2, False), ("all", 3, None, True)]


def test_parquet_keeps_its_types(spark: SparkSession, tmp_path: Path) -> None:
    df = spark.sql("select 1.50BD as price")
    df.write.parquet(str(tmp_path / "prices"))
    assert_df_equality(read_folder(spark, tmp_path), df, ignore_nullable=True)


def test_a_folder_that_cannot_be_checked_is_told(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        read_folder(spark, tmp_path / "none")
    with pytest.raises(UsageError, match="holds no csv, json or parquet file"):
        read_folder(spark, tmp_path)
    (tmp_path / "a.csv").write_text("a,a\n1,2\n")
    with pytest.raises(UnreadableFiles, match="no usable first line"):
        read_folder(spark, tmp_path)
    (tmp_path / "b.json").write_text("{}\n")
    with pytest.raises(UsageError, match="holds csv and json"):
        read_folder(spark, tmp_path)
