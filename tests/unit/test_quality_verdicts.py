"""The verdict: which rules stop a batch, day by day, and what a person reads of it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse.errors import DeclarationError
from lakehouse.quality.quarantine import flag
from lakehouse.quality.results import RuleResult
from lakehouse.quality.rules import Suite
from lakehouse.quality.suites import load_suite
from lakehouse.quality.verdicts import Verdict, row_verdict, table_verdict, verdict_of

SECRET = "secret@example.com"
ONE, TWO = date(2026, 3, 1), date(2026, 3, 2)


def rule(
    id_: str,
    type_: str,
    *,
    severity: str = "critical",
    meta: dict[str, Any] | None = None,
    **kwargs: Any,
) -> dict[str, Any]:
    return {
        "type": type_,
        "kwargs": kwargs,
        "severity": severity,
        "meta": {"id": id_} | (meta or {}),
    }


def suite_of(folder: Path, *rules: dict[str, Any]) -> Suite:
    file = folder / "silver.orders.json"
    file.write_text(json.dumps({"name": "silver.orders", "expectations": list(rules)}))
    return load_suite(file)


def positive(mostly: float = 1.0, severity: str = "critical") -> dict[str, Any]:
    return rule(
        "amount_is_positive",
        "expect_column_values_to_be_between",
        severity=severity,
        column="amount",
        min_value=0,
        strict_min=True,
        mostly=mostly,
    )


def verdict(df: DataFrame, suite: Suite) -> Verdict:
    return row_verdict(flag(df, suite), suite)


def told(results: list[RuleResult] | tuple[RuleResult, ...]) -> list[tuple[Any, ...]]:
    return [(r.rule, r.day, r.rows, r.passed, r.ok) for r in results]


def amounts(spark: SparkSession, *rows: tuple[date, int | None]) -> DataFrame:
    return spark.createDataFrame(list(rows), "_known_date date, amount int")


def test_each_day_is_judged_by_itself_and_one_stops_the_batch(
    spark: SparkSession, tmp_path: Path
) -> None:
    df = amounts(spark, *[(ONE, 1)] * 9, (TWO, 1), (TWO, None))
    found = verdict(df, suite_of(tmp_path, positive(mostly=0.9)))
    assert (found.rows_read, found.rows_quarantined) == (11, 1)
    assert told(found.results) == [
        ("amount_is_positive", ONE, 9, 9, True),
        ("amount_is_positive", TWO, 2, 1, False),
    ]
    assert told(found.stopped) == [("amount_is_positive", TWO, 2, 1, False)]


def test_a_share_of_exactly_mostly_suffices(spark: SparkSession, tmp_path: Path) -> None:
    df = amounts(spark, *[(ONE, 1)] * 9, (ONE, -1))
    assert verdict(df, suite_of(tmp_path, positive(mostly=0.9))).stopped == ()


def test_a_warning_is_counted_and_stops_nothing(spark: SparkSession, tmp_path: Path) -> None:
    found = verdict(amounts(spark, (ONE, -1)), suite_of(tmp_path, positive(severity="warning")))
    assert found.rows_quarantined == 0
    assert found.stopped == ()
    assert told(found.results) == [("amount_is_positive", ONE, 1, 0, False)]
    assert "! amount_is_positive" in found.message("silver.orders")


def test_malformed_rows_are_counted_and_never_stop(spark: SparkSession, tmp_path: Path) -> None:
    df = spark.createDataFrame([(ONE, 1, True)], "_known_date date, amount int, _malformed boolean")
    found = verdict(df, suite_of(tmp_path, positive()))
    assert found.rows_quarantined == 1
    assert told(found.results)[0] == ("row_is_well_formed", ONE, 1, 0, True)
    assert found.stopped == ()


def test_a_frame_without_days_is_one_group(spark: SparkSession, tmp_path: Path) -> None:
    df = amounts(spark, (ONE, 1), (TWO, -1)).drop("_known_date")
    found = verdict(df, suite_of(tmp_path, positive()))
    assert told(found.results) == [("amount_is_positive", None, 2, 1, False)]


def test_no_rows_pass_without_results(spark: SparkSession, tmp_path: Path) -> None:
    rows = rule("rows_are_there", "expect_table_row_count_to_be_between", min_value=1)
    suite = suite_of(tmp_path, positive(), rows)
    empty = amounts(spark, (ONE, 1)).where("false")
    assert verdict(empty, suite) == Verdict(0, 0, ())
    assert verdict(empty.drop("_known_date"), suite) == Verdict(0, 0, ())


def test_rules_on_all_rows_see_one_day(spark: SparkSession, tmp_path: Path) -> None:
    suite = suite_of(
        tmp_path,
        rule("two_rows_a_day", "expect_table_row_count_to_be_between", min_value=2),
        rule("amounts_differ", "expect_column_values_to_be_unique", column="amount"),
        rule("mean_is_low", "expect_column_mean_to_be_between", column="amount", max_value=2),
    )
    found = verdict(amounts(spark, (ONE, 1), (ONE, 1), (TWO, 3)), suite)
    assert told(found.results) == [
        ("two_rows_a_day", ONE, 2, None, True),
        ("amounts_differ", ONE, 2, 0, False),
        ("mean_is_low", ONE, 2, None, True),
        ("two_rows_a_day", TWO, 1, None, False),
        ("amounts_differ", TWO, 1, 1, True),
        ("mean_is_low", TWO, 1, None, False),
    ]


def test_table_scope_sees_the_table_as_it_would_be(spark: SparkSession, tmp_path: Path) -> None:
    suite = suite_of(
        tmp_path,
        positive(),
        rule(
            "amounts_differ",
            "expect_column_values_to_be_unique",
            column="amount",
            meta={"scope": "table"},
        ),
    )
    batch = amounts(spark, (TWO, 1))
    assert [r.rule for r in verdict(batch, suite).results] == ["amount_is_positive"]
    table = amounts(spark, (ONE, 1)).unionByName(batch)
    assert told(table_verdict(table, suite)) == [("amounts_differ", None, 2, 0, False)]


def test_a_null_key_is_not_unique_unless_it_may_be_null(
    spark: SparkSession, tmp_path: Path
) -> None:
    keys = {"column_list": ["a", "b"]}
    suite = suite_of(
        tmp_path,
        rule("key_is_unique", "expect_compound_columns_to_be_unique", **keys),
        rule(
            "key_is_unique_if_given",
            "expect_compound_columns_to_be_unique",
            **keys,
            meta={"nulls": "pass"},
        ),
    )
    df = spark.createDataFrame([(1, 1), (1, None), (None, None), (None, None)], "a int, b int")
    assert [r.passed for r in verdict_of(df, suite)] == [1, 4]


def test_check_judges_every_rule_and_an_empty_table_by_its_count(
    spark: SparkSession, tmp_path: Path
) -> None:
    suite = suite_of(
        tmp_path,
        positive(),
        rule(
            "rows_are_there",
            "expect_table_row_count_to_be_between",
            min_value=1,
            meta={"scope": "table"},
        ),
    )
    df = amounts(spark, (ONE, 1))
    assert told(verdict_of(df, suite)) == [
        ("amount_is_positive", None, 1, 1, True),
        ("rows_are_there", None, 1, None, True),
    ]
    assert told(verdict_of(df.where("false"), suite)) == [("rows_are_there", None, 0, None, False)]


def test_what_is_not_compiled_is_run_by_great_expectations_day_by_day(
    spark: SparkSession, tmp_path: Path, capfd: Any
) -> None:
    suite = suite_of(
        tmp_path,
        rule("columns_are_these", "expect_table_columns_to_match_set", column_set=["amount"]),
        rule(
            "most_is_one",
            "expect_column_most_common_value_to_be_in_set",
            column="amount",
            value_set=[1],
        ),
    )
    found = verdict(amounts(spark, (ONE, 1), (TWO, 2)), suite)
    assert told(found.results) == [
        ("columns_are_these", ONE, 1, None, True),
        ("most_is_one", ONE, 1, None, True),
        ("columns_are_these", TWO, 1, None, True),
        ("most_is_one", TWO, 1, None, False),
    ]
    assert "Calculating" not in capfd.readouterr().err


def test_no_value_of_a_cell_is_told(spark: SparkSession, tmp_path: Path, caplog: Any) -> None:
    suite = suite_of(
        tmp_path,
        rule(
            "email_is_short",
            "expect_column_value_lengths_to_be_between",
            column="email",
            max_value=3,
        ),
        rule(
            "email_is_a_number", "expect_column_values_to_be_between", column="email", max_value=3
        ),
        rule(
            "email_is_known",
            "expect_column_distinct_values_to_be_in_set",
            column="email",
            value_set=["a"],
        ),
        rule("email_comes_first", "expect_column_min_to_be_between", column="email", max_value="a"),
        rule("email_sums_up", "expect_column_sum_to_be_between", column="email", max_value=3),
        rule("email_is_unique", "expect_column_values_to_be_unique", column="email"),
        rule(
            "email_is_common",
            "expect_column_most_common_value_to_be_in_set",
            column="email",
            value_set=["a"],
        ),
    )
    found = verdict(spark.createDataFrame([(SECRET,), (SECRET,)], "email string"), suite)
    assert len(found.stopped) == 7
    assert SECRET not in found.message("silver.customers") + found.as_json() + caplog.text


def test_a_rule_that_great_expectations_cannot_compute_quotes_no_cell(
    spark: SparkSession, tmp_path: Path, capfd: Any
) -> None:
    scores = {"threshold": 3, "double_sided": True}
    in_line = rule(
        "email_is_in_line",
        "expect_column_value_z_scores_to_be_less_than",
        column="email",
        meta={"nulls": "pass"},
        **scores,
    )
    df = spark.createDataFrame([(SECRET,)], "email string")
    with pytest.raises(DeclarationError, match="column 'email' is a string, no number"):
        verdict(df, suite_of(tmp_path, in_line))
    types = rule(
        "email_is_dated",
        "expect_column_values_to_match_strftime_format",
        column="email",
        meta={"nulls": "pass"},
        strftime_format="%Y",
    )
    broken = df.selectExpr("cast(email as binary) as email")
    with pytest.raises(DeclarationError, match="cannot compute") as caught:
        verdict(broken, suite_of(tmp_path, types))
    assert SECRET not in str(caught.value) + capfd.readouterr().err


def test_a_line_says_the_share_what_was_wanted_and_where(tmp_path: Path) -> None:
    result = RuleResult(
        "amount_is_positive",
        "expect_column_values_to_be_between",
        "critical",
        ONE,
        4410,
        4022,
        0.98,
        False,
        "expectations/silver.orders.json:41",
    )
    assert result.line("silver.orders") == (
        "silver.orders  ✗ amount_is_positive   91.2 % of 4,410 rows of 2026-03-01 pass, "
        "at least 98 % must   expectations/silver.orders.json:41"
    )


def test_a_share_just_below_does_not_read_like_enough() -> None:
    result = RuleResult("holds", "t", "critical", None, 100_000, 97_999, 0.98, False, "s.json:1")
    assert "97.9 % of 100,000 rows pass, at least 98 % must" in result.line("t")
    almost = RuleResult("holds", "t", "critical", None, 100_000, 99_999, 1.0, False, "s.json:1")
    assert "99.9 % of 100,000 rows pass, all must" in almost.line("t")


def test_the_record_of_a_verdict_is_json() -> None:
    result = RuleResult("holds", "t", "warning", ONE, 2, 1, 0.9, False, "s.json:1")
    assert json.loads(Verdict(2, 0, (result,)).as_json()) == [
        {
            "rule": "holds",
            "severity": "warning",
            "day": "2026-03-01",
            "rows": 2,
            "passed": 1,
            "mostly": 0.9,
            "ok": False,
        }
    ]
