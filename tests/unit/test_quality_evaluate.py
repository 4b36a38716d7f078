"""The verdict: which rules stop a batch, per day, and the messages about them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from expectation_suites import rule, suite_of
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.errors import DeclarationError
from lakehouse.quality.builtin import well_formed
from lakehouse.quality.evaluate import evaluate, evaluate_all, evaluate_table
from lakehouse.quality.results import RuleResult
from lakehouse.quality.row_flags import flag, split
from lakehouse.quality.rules import Suite
from lakehouse.quality.suites import load_suite
from lakehouse.quality.verdict import Verdict

SECRET = "secret@example.com"
ONE, TWO = date(2026, 3, 1), date(2026, 3, 2)


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
    day = "_known_date" if "_known_date" in df.columns else None
    return evaluate(flag(df, suite), suite, day=day)


def told(results: list[RuleResult] | tuple[RuleResult, ...]) -> list[tuple[Any, ...]]:
    return [(r.rule, r.day, r.rows, r.passed, r.ok) for r in results]


def amounts(spark: SparkSession, *rows: tuple[date, int | None]) -> DataFrame:
    return spark.createDataFrame(list(rows), "_known_date date, amount int")


def test_each_day_is_evaluated_separately_and_one_can_stop_the_batch(
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


def marked(spark: SparkSession, *rows: tuple[date, int, str | None]) -> DataFrame:
    return spark.createDataFrame(list(rows), "_known_date date, amount int, _malformed string")


def test_half_of_the_rows_of_a_day_must_be_well_formed(spark: SparkSession, tmp_path: Path) -> None:
    suite = suite_of(tmp_path, positive()).with_builtin([well_formed("orders.yml:1")])
    half = verdict(marked(spark, (ONE, 1, "amount"), (ONE, 1, None)), suite)
    assert half.rows_quarantined == 1
    assert told(half.results)[0] == ("row_is_well_formed", ONE, 2, 1, True)
    assert half.stopped == ()
    rows = [(ONE, 1, None)] * 3 + [(TWO, 1, "unparsed")] * 2 + [(TWO, 1, None)]
    most = verdict(marked(spark, *rows), suite)
    assert told(most.stopped) == [("row_is_well_formed", TWO, 3, 1, False)]
    assert "33.3 % of 3 rows of 2026-03-02 pass, at least 50 % must   orders.yml:1" in most.message(
        "silver.orders"
    )


def test_a_suite_can_ask_for_another_share_of_well_formed_rows(
    spark: SparkSession, tmp_path: Path
) -> None:
    file = tmp_path / "s.json"
    file.write_text('{"name": "s", "expectations": [], "meta": {"well_formed_mostly": 0.25}}')
    suite = load_suite(file).with_builtin([well_formed("orders.yml:1")])
    df = marked(spark, (ONE, 1, None), *[(ONE, 1, "amount")] * 3)
    assert verdict(df, suite).stopped == ()
    strict = load_suite(file).with_builtin([well_formed("orders.yml:1", mostly=0.9)])
    assert strict.rules[0].mostly == 0.25


def test_check_lets_no_malformed_row_pass(spark: SparkSession, tmp_path: Path) -> None:
    suite = suite_of(tmp_path, positive()).with_builtin([well_formed("orders.yml:1")])
    df = marked(spark, (ONE, 1, "amount"), *[(ONE, 1, None)] * 9)
    assert told(evaluate_all(df, suite))[0] == ("row_is_well_formed", None, 10, 9, False)
    assert [r.rule for r in evaluate_all(df.drop("_malformed"), suite)] == ["amount_is_positive"]


def test_the_most_frequent_reasons_come_first(spark: SparkSession, tmp_path: Path) -> None:
    suite = suite_of(tmp_path, positive()).with_builtin([well_formed("orders.yml:1")])
    rows = [(ONE, 1, "amount,latitude")] * 2 + [(TWO, -1, None)] + [(TWO, 1, "latitude")]
    result = verdict(marked(spark, *rows), suite)
    assert result.malformed == {"amount": 2, "latitude": 3}
    assert result.failed == {"row_is_well_formed": 3, "amount_is_positive": 1}
    types = {"latitude": "decimal(12,8)"}
    assert result.reasons(types) == [
        "latitude: 3 values do not fit decimal(12,8)",
        "amount: 2 values do not fit the declared type",
    ]
    assert result.reasons(types, most=9)[2:] == ["amount_is_positive: 1 row"]
    unread = verdict(marked(spark, (ONE, 1, "unparsed")), suite)
    assert unread.reasons() == ["1 row could not be parsed"]
    assert verdict(marked(spark, (ONE, 1, None)), suite).reasons() == []


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
    assert told(evaluate_table(table, suite)) == [("amounts_differ", None, 2, 0, False)]


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
    assert [r.passed for r in evaluate_all(df, suite)] == [1, 4]


def test_check_evaluates_every_rule_and_the_row_count_of_an_empty_table(
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
    assert told(evaluate_all(df, suite)) == [
        ("amount_is_positive", None, 1, 1, True),
        ("rows_are_there", None, 1, None, True),
    ]
    assert told(evaluate_all(df.where("false"), suite)) == [
        ("rows_are_there", None, 0, None, False)
    ]


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


def test_no_message_contains_a_value_of_a_cell(
    spark: SparkSession, tmp_path: Path, caplog: Any
) -> None:
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
    with pytest.raises(DeclarationError, match="column 'email' is a string, not a number"):
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


def test_a_share_just_below_mostly_is_not_rounded_up_to_it() -> None:
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


def groups(spark: SparkSession, *rows: tuple[str, int]) -> DataFrame:
    return spark.createDataFrame(list(rows), "customer string, amount int")


def test_by_default_shares_and_totals_see_the_table_and_rows_still_go_to_quarantine(
    spark: SparkSession, tmp_path: Path
) -> None:
    rows = rule("two_rows", "expect_table_row_count_to_be_between", min_value=2)
    keys = rule("customer_is_unique", "expect_column_values_to_be_unique", column="customer")
    given = rule("amount_is_given", "expect_column_values_to_not_be_null", column="amount")
    suite = suite_of(tmp_path, positive(mostly=0.5), rows, keys, given).with_default_scope("table")
    assert [r.scope for r in suite.rules] == ["table", "table", "table", "day"]
    batch = flag(groups(spark, ("C0", -1)), suite)
    accepted, rejected = split(batch, suite)
    found = evaluate(batch, suite, day=None)
    # The batch is one bad group: it goes to quarantine, and no share is taken of the batch alone.
    assert told(found.results) == [("amount_is_given", None, 1, 1, True)]
    assert (found.rows_quarantined, found.failed) == (1, {"amount_is_positive": 1})
    table = groups(spark, ("C1", 1), ("C2", 1), ("C3", 1)).unionByName(accepted)
    assert told(evaluate_table(table, suite, quarantined=rejected)) == [
        ("amount_is_positive", None, 4, 3, True),
        ("two_rows", None, 3, None, True),
        ("customer_is_unique", None, 3, 3, True),
    ]
    # Groups that were not affected this time, and are in quarantine since an earlier refresh.
    earlier = groups(spark, ("C4", -1), ("C5", -1), ("C6", -2)).withColumn("_run_id", F.lit("r"))
    everything = earlier.unionByName(rejected, allowMissingColumns=True)
    assert told(evaluate_table(table, suite, quarantined=everything))[0] == (
        "amount_is_positive", None, 7, 3, False,
    )  # fmt: skip


def test_a_declared_scope_stays_what_it_is(spark: SparkSession, tmp_path: Path) -> None:
    of_day = rule(
        "two_rows", "expect_table_row_count_to_be_between", meta={"scope": "day"}, min_value=2
    )
    of_table = positive() | {"meta": {"id": "amount_is_positive", "scope": "table"}}
    suite = suite_of(tmp_path, of_day, of_table).with_default_scope("table")
    assert [r.scope for r in suite.rules] == ["day", "table"]
    batch = flag(groups(spark, ("C0", -1)), suite)
    accepted, rejected = split(batch, suite)
    assert rejected.isEmpty()
    assert told(evaluate(batch, suite, day=None).results) == [("two_rows", None, 1, None, False)]
    assert told(evaluate_table(accepted, suite, quarantined=rejected)) == [
        ("amount_is_positive", None, 1, 0, False)
    ]


def test_a_warning_with_a_share_of_the_table_is_counted_there_and_quarantines_nothing(
    spark: SparkSession, tmp_path: Path
) -> None:
    suite = suite_of(tmp_path, positive(mostly=0.5, severity="warning"))
    suite = suite.with_default_scope("table")
    batch = flag(groups(spark, ("C0", -1)), suite)
    accepted, rejected = split(batch, suite)
    assert rejected.isEmpty()
    table = accepted.unionByName(groups(spark, ("C1", -1)))
    found = evaluate(batch, suite, day=None).with_results(
        evaluate_table(table, suite, quarantined=rejected)
    )
    assert told(found.results) == [("amount_is_positive", None, 2, 0, False)]
    assert found.stopped == ()
