"""Expectations on all rows: how many distinct values a column has, and which."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from lakehouse.config.late_spark import F, T
from lakehouse.quality.expectations.expectation import total
from lakehouse.quality.expectations.totals import total_between
from lakehouse.quality.literals import column, literal, type_of
from lakehouse.quality.ranges import in_set, within

if TYPE_CHECKING:
    from pyspark.sql import Column

    from lakehouse.quality.rules import Rule


def _distinct(rule: Rule, schema: T.StructType) -> Column:
    type_of(rule, rule.kwargs["column"], schema)
    return F.count_distinct(column(rule.kwargs["column"]))


def _distinct_within(rule: Rule, schema: T.StructType) -> Column:
    return within(rule, _distinct(rule, schema), T.LongType())


def _share_distinct_within(rule: Rule, schema: T.StructType) -> Column:
    given = F.count(column(rule.kwargs["column"]))
    share = F.when(given > 0, _distinct(rule, schema) / given).otherwise(0.0)
    return within(rule, share, T.DoubleType())


def _share_given_within(rule: Rule, schema: T.StructType) -> Column:
    type_of(rule, rule.kwargs["column"], schema)
    rows = F.count(F.lit(1))
    share = F.when(rows > 0, F.count(column(rule.kwargs["column"])) / rows).otherwise(0.0)
    return within(rule, share, T.DoubleType())


def _only_of_set(rule: Rule, schema: T.StructType) -> Column:
    return F.count_if(~in_set(rule, schema)) == 0


def _whole_set(rule: Rule, schema: T.StructType) -> Column:
    name = rule.kwargs["column"]
    of = type_of(rule, name, schema)
    values = [literal(rule, value, of) for value in rule.kwargs["value_set"]]
    return reduce(and_, [F.count_if(column(name) == value) > 0 for value in values])


def _same_set(rule: Rule, schema: T.StructType) -> Column:
    return _only_of_set(rule, schema) & _whole_set(rule, schema)


EXPECTATIONS = (
    total_between(
        "expect_column_unique_value_count_to_be_between",
        _distinct_within,
        "number of distinct values",
    ),
    total_between(
        "expect_column_proportion_of_unique_values_to_be_between",
        _share_distinct_within,
        "share of distinct values",
    ),
    total_between(
        "expect_column_proportion_of_non_null_values_to_be_between",
        _share_given_within,
        "share of present values",
    ),
    total("expect_column_distinct_values_to_be_in_set", _only_of_set, "column", "value_set"),
    total("expect_column_distinct_values_to_contain_set", _whole_set, "column", "value_set"),
    total("expect_column_distinct_values_to_equal_set", _same_set, "column", "value_set"),
)
