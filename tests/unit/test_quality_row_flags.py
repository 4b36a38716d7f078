"""Rows are flagged with the rules that they fail, and split by these flags."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from chispa import assert_df_equality
from expectation_suites import rule, suite_of
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from session_settings import GENERATED_CODE, changed_settings

from lakehouse.errors import DeclarationError
from lakehouse.quality.builtin import well_formed
from lakehouse.quality.evaluate import evaluate, evaluate_all
from lakehouse.quality.row_flags import BITS, flag, is_rejected, split
from lakehouse.quality.rules import Suite


def failed(df: DataFrame, suite: Suite) -> DataFrame:
    """Every row with the critical rules that it fails; none for an accepted one."""
    accepted, rejected = split(flag(df, suite), suite)
    none = F.array().cast("array<string>")
    return accepted.withColumn("_failed_rules", none).unionByName(rejected)


POSITIVE = rule(
    "amount_is_positive",
    "expect_column_values_to_be_between",
    column="amount",
    min_value=0,
    strict_min=True,
)
KNOWN = rule(
    "status_is_known",
    "expect_column_values_to_be_in_set",
    column="status",
    value_set=["paid", "open"],
)


def test_rows_carry_the_rules_they_fail_in_the_order_of_the_suite(
    spark: SparkSession, tmp_path: Path
) -> None:
    short = rule(
        "status_is_short",
        "expect_column_value_lengths_to_be_between",
        severity="warning",
        column="status",
        max_value=4,
    )
    df = spark.createDataFrame(
        [
            ("1", Decimal("0.01"), "paid"),
            ("2", Decimal("0.00"), "gone"),
            ("3", Decimal("1"), "odd"),
            ("4", None, "unpaid"),
        ],
        "id string, amount decimal(10,2), status string",
    )
    expected = spark.createDataFrame(
        [
            ("1", Decimal("0.01"), "paid", 0b000),
            ("2", Decimal("0.00"), "gone", 0b011),
            ("3", Decimal("1"), "odd", 0b010),
            ("4", None, "unpaid", 0b111),
        ],
        "id string, amount decimal(10,2), status string, _rules bigint",
    )
    suite = suite_of(tmp_path, POSITIVE, KNOWN, short)
    actual = flag(df, suite)
    assert_df_equality(actual, expected, ignore_nullable=True, ignore_row_order=True)
    rejected = spark.createDataFrame(
        [
            ("2", ["amount_is_positive", "status_is_known"]),
            ("3", ["status_is_known"]),
            ("4", ["amount_is_positive", "status_is_known"]),
        ],
        "id string, _failed_rules array<string>",
    )
    named = split(actual, suite)[1].select("id", "_failed_rules")
    assert_df_equality(named, rejected, ignore_nullable=True, ignore_row_order=True)


def test_later_steps_read_the_flags_and_compile_no_rule_again(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = suite_of(tmp_path, POSITIVE)
    df = spark.createDataFrame([("1", 1), ("2", -1)], "id string, amount int")
    flagged = flag(df, suite)

    def compiled_again(*_: Any) -> None:
        raise AssertionError("a predicate was compiled a second time")

    monkeypatch.setattr("lakehouse.quality.row_flags.passes", compiled_again)
    # What the flags say is what counts, whatever the columns hold by then.
    other = flagged.withColumn("amount", -F.col("amount"))
    accepted, rejected = split(other, suite)
    result = evaluate(other, suite, day=None)
    assert [row.id for row in accepted.collect()] == ["1"]
    assert [row.id for row in rejected.collect()] == ["2"]
    assert (result.rows_read, result.rows_quarantined, result.results[0].passed) == (2, 1, 1)


def test_more_rules_than_a_number_has_bits_take_several(
    spark: SparkSession, tmp_path: Path
) -> None:
    rules = [
        rule(
            f"is_not_{number}",
            "expect_column_values_to_not_be_in_set",
            column="id",
            value_set=[number],
        )
        for number in range(2 * BITS + 1)
    ]
    suite = suite_of(tmp_path, *rules)
    df = spark.range(-1, 2 * BITS + 1)
    assert flag(df, suite).columns == ["id", "_rules", "_rules_1", "_rules_2"]
    accepted, rejected = split(flag(df, suite), suite)
    assert [row.id for row in accepted.collect()] == [-1]
    assert accepted.columns == ["id"]
    assert {(row.id, *row["_failed_rules"]) for row in rejected.collect()} == {
        (number, f"is_not_{number}") for number in range(2 * BITS + 1)
    }


def test_without_row_rules_every_row_is_accepted(spark: SparkSession, tmp_path: Path) -> None:
    suite = suite_of(tmp_path)
    df = spark.createDataFrame([("1", 1)], "id string, amount int")
    flagged = flag(df, suite).persist()
    try:
        assert flagged.columns == ["id", "amount", "_rules"]
        accepted, rejected = split(flagged, suite)
        assert_df_equality(accepted, df)
        assert rejected.isEmpty()
        assert rejected.columns == ["id", "amount", "_failed_rules"]
        assert flagged.where(is_rejected(suite)).isEmpty()
        assert evaluate(flagged, suite, day=None).results == ()
    finally:
        flagged.unpersist()


def test_flags_and_split_stay_in_spark_s_compiled_code(spark: SparkSession, tmp_path: Path) -> None:
    suite = suite_of(tmp_path, POSITIVE, KNOWN)
    df = spark.createDataFrame([("1", 1, "a")], "id string, amount int, status string")
    with changed_settings(spark, GENERATED_CODE):
        for part in split(flag(df, suite), suite):
            plan = part._jdf.queryExecution().executedPlan().toString()
            assert "lambda" not in plan
            assert all("*(1)" in line for line in plan.splitlines() if "Project" in line)


def test_null_fails_unless_the_rule_says_nulls_pass(spark: SparkSession, tmp_path: Path) -> None:
    lenient = POSITIVE | {"meta": {"id": "amount_is_positive_if_given", "nulls": "pass"}}
    df = spark.createDataFrame([("1", None), ("2", -1), ("3", 1)], "id string, amount int")
    expected = spark.createDataFrame(
        [
            ("1", ["amount_is_positive"]),
            ("2", ["amount_is_positive", "amount_is_positive_if_given"]),
            ("3", []),
        ],
        "id string, _failed_rules array<string>",
    )
    actual = failed(df, suite_of(tmp_path, POSITIVE, lenient)).select("id", "_failed_rules")
    assert_df_equality(actual, expected, ignore_nullable=True, ignore_row_order=True)


def test_a_malformed_row_is_quarantined_for_that_first(spark: SparkSession, tmp_path: Path) -> None:
    df = spark.createDataFrame(
        [("1", 1, "amount"), ("2", 0, "unparsed"), ("3", 1, None), ("4", 1, None)],
        "id string, amount int, _malformed string",
    )
    suite = suite_of(tmp_path, POSITIVE).with_builtin([well_formed("orders.yml:1")])
    accepted, quarantined = split(flag(df, suite), suite)
    assert_df_equality(
        accepted,
        spark.createDataFrame([("3", 1), ("4", 1)], "id string, amount int"),
        ignore_row_order=True,
    )
    expected = spark.createDataFrame(
        [("1", 1, ["row_is_well_formed"]), ("2", 0, ["row_is_well_formed", "amount_is_positive"])],
        "id string, amount int, _failed_rules array<string>",
    )
    assert_df_equality(quarantined, expected, ignore_nullable=True, ignore_row_order=True)


def test_warning_rows_and_rules_on_the_table_quarantine_nothing(
    spark: SparkSession, tmp_path: Path
) -> None:
    suite = suite_of(
        tmp_path,
        POSITIVE | {"severity": "warning"},
        KNOWN | {"meta": {"id": "status_is_known", "scope": "table"}},
    )
    df = spark.createDataFrame([("1", -1, "gone")], "id string, amount int, status string")
    accepted, quarantined = split(flag(df, suite), suite)
    assert_df_equality(accepted, df)
    assert quarantined.isEmpty()


def test_ends_are_compared_in_the_type_of_the_column(spark: SparkSession, tmp_path: Path) -> None:
    between = "expect_column_values_to_be_between"
    suite = suite_of(
        tmp_path,
        rule("day_is_late", between, column="day", min_value="2026-03-01"),
        rule("at_is_early", between, column="at", max_value="2026-03-01T12:00:00+02:00"),
        rule("cents_are_few", between, column="cents", max_value=0.015),
        rule(
            "text_spells_a_small_number",
            between,
            column="text",
            max_value=100,
            meta={"nulls": "pass"},
        ),
    )
    df = spark.sql(
        "select * from values "
        "(1, date'2026-03-01', timestamp'2026-03-01 10:00:00', 0.01BD, '99.5'), "
        "(2, date'2026-02-28', timestamp'2026-03-01 10:00:01', 0.02BD, '100.5'), "
        "(3, date'2026-03-02', timestamp'2026-03-01 09:00:00', 0.00BD, 'secret@example.com'), "
        "(4, date'2026-03-02', timestamp'2026-03-01 09:00:00', 0.00BD, null) "
        "as t(id, day, at, cents, text)"
    )
    expected = spark.createDataFrame(
        [
            (1, []),
            (2, ["day_is_late", "at_is_early", "cents_are_few", "text_spells_a_small_number"]),
            (3, ["text_spells_a_small_number"]),
            (4, []),
        ],
        "id int, _failed_rules array<string>",
    )
    actual = failed(df, suite).select("id", "_failed_rules")
    assert_df_equality(actual, expected, ignore_nullable=True, ignore_row_order=True)


def test_like_patterns_are_matched_whole(spark: SparkSession, tmp_path: Path) -> None:
    suite = suite_of(
        tmp_path,
        rule(
            "code_is_of_shop",
            "expect_column_values_to_match_like_pattern",
            column="code",
            like_pattern="S_%",
        ),
        rule(
            "code_is_no_test",
            "expect_column_values_to_not_match_like_pattern",
            column="code",
            like_pattern="%test",
        ),
    )
    df = spark.createDataFrame([("S1",), ("S",), ("S1test",), (None,)], "code string")
    expected = spark.createDataFrame(
        [
            ("S1", []),
            ("S", ["code_is_of_shop"]),
            ("S1test", ["code_is_no_test"]),
            (None, ["code_is_of_shop", "code_is_no_test"]),
        ],
        "code string, _failed_rules array<string>",
    )
    actual = failed(df, suite).select("code", "_failed_rules")
    assert_df_equality(actual, expected, ignore_nullable=True, ignore_row_order=True)


@pytest.mark.parametrize(
    ("type_", "kwargs", "told"),
    [
        (
            "expect_column_values_to_be_between",
            {"column": "day", "min_value": "soon"},
            "'soon' cannot be compared with a column of type date",
        ),
        (
            "expect_column_values_to_be_between",
            {"column": "day", "min_value": 1},
            "1 cannot be compared with a column of type date",
        ),
        (
            "expect_column_values_to_be_between",
            {"column": "n", "min_value": "10", "max_value": "9"},
            "min_value is above max_value",
        ),
        (
            "expect_column_pair_values_a_to_be_greater_than_b",
            {"column_A": "day", "column_B": "n"},
            "these columns cannot be compared: day is a time, n is a number",
        ),
        ("expect_column_sum_to_be_between", {"column": "day", "min_value": 1}, "not a number"),
    ],
)
def test_a_rule_that_does_not_suit_its_column_is_a_mistake_in_the_declaration(
    spark: SparkSession, tmp_path: Path, type_: str, kwargs: dict[str, Any], told: str
) -> None:
    df = spark.createDataFrame([(date(2026, 3, 1), 1)], "day date, n int")
    with pytest.raises(DeclarationError, match=told) as caught:
        evaluate_all(df, suite_of(tmp_path, rule("holds", type_, **kwargs)))
    assert str(caught.value.where).endswith("silver.orders.json:1")
