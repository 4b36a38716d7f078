"""Built-in rules appear like declared ones in results, messages and quarantine."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession

from lakehouse.errors import DeclarationError
from lakehouse.quality.builtin import between, present, unique, well_formed
from lakehouse.quality.evaluate import evaluate, evaluate_table
from lakehouse.quality.row_flags import flag, split
from lakehouse.quality.rules import Suite, check_columns
from lakehouse.quality.suites import load_suite

WHERE = "conf/pipelines/shop/silver/orders.yml:4"
BARE = Suite("silver.orders", Path("orders.yml"), ())


def test_builtin_rules_come_first_and_quarantine_like_others(
    spark: SparkSession, tmp_path: Path
) -> None:
    file = tmp_path / "silver.orders.json"
    known = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "status"}}
    file.write_text(json.dumps({"name": "s", "expectations": [known | {"meta": {"id": "b"}}]}))
    sequence = present("sequence_is_present", "seq", WHERE)
    suite = load_suite(file).with_builtin([well_formed(WHERE), sequence])
    df = spark.createDataFrame(
        [(1, "paid", 1, None), (2, None, None, None), (3, None, 3, "amount,seq")],
        "id int, status string, seq int, _malformed string",
    )
    accepted, rejected = split(flag(df, suite), suite)
    assert_df_equality(
        accepted, spark.createDataFrame([(1, "paid", 1)], "id int, status string, seq int")
    )
    expected = spark.createDataFrame(
        [(2, None, None, ["sequence_is_present", "b"]), (3, None, 3, ["row_is_well_formed", "b"])],
        "id int, status string, seq int, _failed_rules array<string>",
    )
    assert_df_equality(rejected, expected, ignore_nullable=True, ignore_row_order=True)


def test_a_failed_builtin_rule_names_the_declaration(spark: SparkSession) -> None:
    suite = BARE.with_builtin([present("sequence_is_present", "seq", WHERE)])
    df = spark.createDataFrame([(None,), (1,)], "seq int")
    verdict = evaluate(flag(df, suite), suite, day=None)
    assert verdict.message("silver.orders") == (
        "silver.orders  ✗ sequence_is_present   50.0 % of 2 rows pass, all must   " + WHERE
    )


def test_a_builtin_key_is_unique_over_the_table(spark: SparkSession) -> None:
    suite = BARE.with_builtin([unique("key_is_unique", ["id", "as_of"], WHERE)])
    monday, tuesday = date(2026, 3, 2), date(2026, 3, 3)
    rows = [(1, monday), (1, tuesday), (None, monday), (2, tuesday), (2, tuesday)]
    table = spark.createDataFrame(rows, "id int, as_of date")
    (result,) = evaluate_table(table, suite)
    assert (result.rule, result.rows, result.passed, result.ok) == ("key_is_unique", 5, 3, False)
    by_day = BARE.with_builtin([unique("key_is_unique", ["id"], WHERE, "day")])
    days = evaluate(flag(table, by_day), by_day, day="as_of").results
    assert [(r.day, r.rows, r.passed) for r in days] == [(monday, 2, 2), (tuesday, 3, 1)]


def test_a_probability_lies_between_0_and_1(spark: SparkSession) -> None:
    suite = BARE.with_builtin([between("probability_is_valid", "p", 0, 1, WHERE)])
    df = spark.createDataFrame(
        [(0.0,), (1.0,), (1.1,), (-0.1,), (None,), (float("nan"),)], "p double"
    )
    accepted, rejected = split(flag(df, suite), suite)
    assert [row.p for row in accepted.collect()] == [0.0, 1.0]
    assert rejected.count() == 4


def test_a_declared_id_of_a_builtin_rule_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    given = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "a"}}
    rule = given | {"meta": {"id": "sequence_is_present"}}
    file.write_text(json.dumps({"name": "silver.orders", "expectations": [rule]}))
    with pytest.raises(DeclarationError, match=r"a built-in rule of silver\.orders") as caught:
        load_suite(file).with_builtin([present("sequence_is_present", "seq", WHERE)])
    assert str(caught.value.where).endswith("s.json:1")


def test_a_rule_on_the_hidden_column_needs_no_declared_column() -> None:
    check_columns(BARE.with_builtin([well_formed(WHERE)]), ["id"])
