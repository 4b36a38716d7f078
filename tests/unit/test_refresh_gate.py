"""The gate: rows are split by one evaluation of the rules, and rules on the table see the table
as it would be after the write."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from lakehouse.quality import builtin
from lakehouse.quality.rules import Suite
from lakehouse.refresh.gate import Checked, check_rules

ROWS = "id int, amount int, _malformed string, _known_date int"
SUITE = Suite("silver.a", Path("a.yml"), ())


def check(rows: DataFrame, suite: Suite, stored: DataFrame | None = None) -> Checked:
    def table_after(accepted: DataFrame) -> DataFrame:
        return accepted if stored is None else stored.unionByName(accepted)

    return check_rules(
        rows,
        suite,
        day="_known_date",
        keep=lambda frame: frame,
        table_after=table_after,
        types={"amount": "int"},
    )


def test_rejected_rows_carry_their_rules_and_accepted_rows_no_hidden_column(
    spark: SparkSession,
) -> None:
    rows = spark.createDataFrame(
        [(1, 5, None, 1), (2, -1, None, 1), (3, 5, None, 1), (4, None, "amount", 1)], ROWS
    )
    amount = replace(builtin.between("amount_is_valid", "amount", 0, 9, "a:1"), mostly=0.1)
    suite = SUITE.with_builtin([builtin.well_formed("a:1"), amount])
    checked = check(rows, suite)
    kept = "id int, amount int, _known_date int"
    accepted = spark.createDataFrame([(1, 5, 1), (3, 5, 1)], kept)
    rejected = spark.createDataFrame(
        [
            (2, -1, 1, ["amount_is_valid"]),
            (4, None, 1, ["row_is_well_formed", "amount_is_valid"]),
        ],
        f"{kept}, _failed_rules array<string>",
    )
    assert checked.rejected is not None
    assert_df_equality(checked.rows, accepted, ignore_row_order=True, ignore_nullable=True)
    assert_df_equality(checked.rejected, rejected, ignore_row_order=True, ignore_nullable=True)
    assert (checked.verdict.rows_read, checked.rows_accepted) == (4, 2)
    assert not checked.verdict.stopped
    assert checked.reasons == [
        "amount_is_valid: 2 rows",
        "amount: 1 value does not fit int",
    ]


def test_fewer_than_half_well_formed_rows_of_a_day_stop_the_write(spark: SparkSession) -> None:
    suite = SUITE.with_builtin([builtin.well_formed("a:1")])
    bad = [(n, None, "amount", 1) for n in range(2)]
    rows = spark.createDataFrame([(7, 5, None, 1), *bad, (8, 5, None, 2)], ROWS)
    stopped = check(rows, suite).verdict.stopped
    assert [(result.rule, result.day) for result in stopped] == [("row_is_well_formed", 1)]


def test_a_rule_on_the_table_sees_the_stored_rows_too(spark: SparkSession) -> None:
    kept = "id int, amount int, _known_date int"
    rows = spark.createDataFrame([(1, 5, 2)], kept)
    stored = spark.createDataFrame([(1, 4, 1)], kept)
    suite = SUITE.with_builtin([builtin.unique("id_is_unique", ["id"], "a:1", "table")])
    assert not check(rows, suite).verdict.stopped
    assert check(rows, suite, stored).verdict.stopped
