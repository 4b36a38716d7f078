"""Compiled expectations give the same results as Great Expectations on the same rows.

With ``nulls: pass``, as Great Expectations leaves NULL out. The two differ on purpose in three
ways: NULL fails by default; a rule's share is taken over all rows, not over those with a value;
LIKE patterns have no Spark form in Great Expectations, so that they are not compared here.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse.quality.evaluate import evaluate_all
from lakehouse.quality.expectations.registry import EXPECTATIONS, kind_of
from lakehouse.quality.results import RuleResult
from lakehouse.quality.suites import load_suite

os.environ["GX_ANALYTICS_ENABLED"] = "false"

A = {"column": "a"}
SET = {"column": "word", "value_set": ["ab", "cd"]}
CASES: list[tuple[str, dict[str, Any]]] = [
    ("expect_column_values_to_not_be_null", A),
    ("expect_column_values_to_be_null", A),
    ("expect_column_values_to_be_between", A | {"min_value": 1, "max_value": 3}),
    ("expect_column_values_to_be_between", A | {"min_value": 1, "strict_min": True}),
    ("expect_column_values_to_be_between", A | {"max_value": 3, "strict_max": True}),
    ("expect_column_values_to_be_between", {"column": "price", "min_value": 1.5}),
    ("expect_column_values_to_be_between", {"column": "ratio", "min_value": 0, "max_value": 0.5}),
    ("expect_column_values_to_be_between", {"column": "day", "min_value": "2026-03-02"}),
    ("expect_column_values_to_be_between", {"column": "at", "max_value": "2026-03-01 10:00:00"}),
    ("expect_column_values_to_be_between", {"column": "n", "min_value": 2, "mostly": 0.8}),
    ("expect_column_values_to_be_between", {"column": "n", "min_value": 3, "mostly": 0.8}),
    ("expect_column_values_to_be_in_set", SET),
    ("expect_column_values_to_be_in_set", A | {"value_set": [1, 2, 3, 9]}),
    ("expect_column_values_to_not_be_in_set", SET),
    ("expect_column_values_to_match_regex", {"column": "word", "regex": "^[a-c]"}),
    ("expect_column_values_to_not_match_regex", {"column": "word", "regex": "d$"}),
    ("expect_column_values_to_match_regex_list", {"column": "word", "regex_list": ["^a", "f"]}),
    (
        "expect_column_values_to_match_regex_list",
        {"column": "word", "regex_list": ["a", "b"], "match_on": "all"},
    ),
    ("expect_column_values_to_not_match_regex_list", {"column": "word", "regex_list": ["^a", "f"]}),
    ("expect_column_value_lengths_to_be_between", {"column": "word", "max_value": 2}),
    ("expect_column_value_lengths_to_equal", {"column": "word", "value": 2}),
    ("expect_column_pair_values_a_to_be_greater_than_b", {"column_A": "a", "column_B": "b"}),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "a", "column_B": "b", "or_equal": True},
    ),
    ("expect_column_pair_values_to_be_equal", {"column_A": "a", "column_B": "b"}),
    (
        "expect_column_pair_values_to_be_in_set",
        {"column_A": "a", "column_B": "b", "value_pairs_set": [[1, 2], [3, 1]]},
    ),
    ("expect_multicolumn_values_to_be_equal", {"column_list": ["a", "b", "n"]}),
    ("expect_multicolumn_sum_to_equal", {"column_list": ["a", "b"], "sum_total": 4}),
    ("expect_select_column_values_to_be_unique_within_record", {"column_list": ["a", "b", "n"]}),
    ("expect_table_row_count_to_be_between", {"min_value": 6, "max_value": 9}),
    ("expect_table_row_count_to_equal", {"value": 7}),
    ("expect_column_min_to_be_between", A | {"min_value": 0, "max_value": 1}),
    ("expect_column_max_to_be_between", A | {"min_value": 3, "strict_min": True}),
    ("expect_column_sum_to_be_between", {"column": "price", "min_value": 8, "max_value": 9}),
    ("expect_column_mean_to_be_between", A | {"min_value": 2, "max_value": 2.5}),
    ("expect_column_median_to_be_between", {"column": "n", "min_value": 3.5, "max_value": 3.5}),
    ("expect_column_stdev_to_be_between", A | {"max_value": 1}),
    ("expect_column_unique_value_count_to_be_between", A | {"min_value": 4, "max_value": 4}),
    ("expect_column_proportion_of_unique_values_to_be_between", A | {"min_value": 0.8}),
    ("expect_column_proportion_of_non_null_values_to_be_between", A | {"min_value": 0.8}),
    ("expect_column_distinct_values_to_be_in_set", SET),
    ("expect_column_distinct_values_to_contain_set", SET),
    ("expect_column_distinct_values_to_equal_set", SET),
    ("expect_column_values_to_be_unique", A),
    ("expect_column_values_to_be_unique", {"column": "n"}),
    ("expect_column_values_to_be_unique", A | {"mostly": 0.5}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["a", "b"]}),
]
WITHOUT_SPARK = {
    "expect_column_values_to_match_like_pattern",
    "expect_column_values_to_not_match_like_pattern",
}


@pytest.fixture(scope="module")
def frames(spark: SparkSession) -> dict[str, DataFrame]:
    df = spark.sql(
        "select * from values "
        "(1, 2, 1, 1.50BD, 0.1D, date'2026-03-01', timestamp'2026-03-01 10:00:00', 'ab'), "
        "(2, 2, 2, 1.49BD, 0.5D, date'2026-03-02', timestamp'2026-03-01 10:00:01', 'cd'), "
        "(3, 1, 3, 2.50BD, 0.6D, date'2026-03-03', timestamp'2026-02-28 10:00:00', 'cdef'), "
        "(4, null, 4, 3.50BD, null, null, null, null), "
        "(null, 1, 5, null, 0.2D, date'2026-03-03', timestamp'2026-03-01 09:00:00', 'ab'), "
        "(null, null, 6, null, 0.3D, date'2026-03-03', timestamp'2026-03-01 09:00:00', '') "
        "as t(a, b, n, price, ratio, day, at, word)"
    )
    return {
        "faulty": df,
        "without_values": df.where("n = 6").selectExpr(
            "a", "b", "n", "price", "cast(null as double) ratio", "cast(null as date) day",
            "cast(null as timestamp) at", "cast(null as string) word",
        ),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["faulty", "without_values"])
def test_compiled_rules_agree_with_great_expectations(
    frames: dict[str, DataFrame], tmp_path: Path, name: str
) -> None:
    ours = compiled(frames[name], tmp_path)
    theirs = great_expectations_own(frames[name])
    assert [case for case in zip(CASES, ours, theirs, strict=True) if case[1] != case[2]] == []


def test_every_compiled_type_is_compared() -> None:
    assert {type_ for type_, _ in CASES} == set(EXPECTATIONS) - WITHOUT_SPARK


def compiled(df: DataFrame, folder: Path) -> list[tuple[bool, int | None]]:
    """Whether the rule holds, and the rows that fail where they are counted."""
    file = folder / "suite.json"
    rules = [declared(at, type_, kwargs) for at, (type_, kwargs) in enumerate(CASES)]
    file.write_text(json.dumps({"name": "suite", "expectations": rules}))
    return [(result.ok, failed(result)) for result in evaluate_all(df, load_suite(file))]


def declared(at: int, type_: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    decides = kind_of(type_) == "total" or type_.endswith("_be_null")
    nulls = {} if decides else {"nulls": "pass"}
    return {"type": type_, "kwargs": kwargs, "meta": {"id": f"rule_{at}"} | nulls}


def failed(result: RuleResult) -> int | None:
    return None if result.passed is None else result.rows - result.passed


def great_expectations_own(df: DataFrame) -> list[tuple[bool, int | None]]:
    import great_expectations as gx
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_spark("spark", persist=False).add_dataframe_asset("frame")
    batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": df})
    suite = gx.ExpectationSuite("suite")
    for at, (type_, kwargs) in enumerate(CASES):
        meta = {"at": at}
        one = ExpectationConfiguration(type=type_, kwargs=dict(kwargs), meta=meta).to_domain_obj()
        suite.add_expectation(one)
    found = batch.validate(suite, result_format="BASIC").results
    by_case = sorted(found, key=lambda result: result.expectation_config.meta["at"])
    assert not [r for r in by_case if r.exception_info.get("raised_exception")]
    return [(bool(r.success), counted(r)) for r in by_case]


def counted(result: Any) -> int | None:
    of_rows = kind_of(result.expectation_config.type) != "total"
    return int(result.result["unexpected_count"]) if of_rows else None
