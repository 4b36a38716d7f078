"""Expectations on one value as text: patterns and lengths."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING

from lakehouse.config.late_spark import F, T
from lakehouse.errors import DeclarationError
from lakehouse.quality.expectations.expectation import Predicate, RowTest, row
from lakehouse.quality.expectations.sentences import say_range
from lakehouse.quality.literals import column, type_of
from lakehouse.quality.ranges import ENDS, STRICT, within

if TYPE_CHECKING:
    from pyspark.sql import Column

    from lakehouse.quality.rules import Rule


def _on_column(met: Callable[[Rule, Column], Column]) -> Predicate:
    """A rule on one column, read as text."""

    def predicate(rule: Rule, schema: T.StructType) -> RowTest:
        name = rule.kwargs["column"]
        if isinstance(type_of(rule, name, schema), T.ArrayType | T.MapType | T.StructType):
            message = f"rule '{rule.id}': column '{name}' is nested, the rule reads a single value"
            raise DeclarationError(message, where=rule.where)
        return RowTest(met(rule, column(name).cast("string")), column(name).isNull())

    return predicate


def _length_within(rule: Rule, text: Column) -> Column:
    return within(rule, F.length(text), T.IntegerType())


def _matches_list(rule: Rule, text: Column) -> Column:
    joined = and_ if rule.kwargs.get("match_on") == "all" else or_
    return reduce(joined, [text.rlike(regex) for regex in rule.kwargs["regex_list"]])


def _matches_none(rule: Rule, text: Column) -> Column:
    return reduce(and_, [~text.rlike(regex) for regex in rule.kwargs["regex_list"]])


EXPECTATIONS = (
    row(
        "expect_column_values_to_match_regex",
        _on_column(lambda rule, text: text.rlike(rule.kwargs["regex"])),
        *("column", "regex"),
        sentence=lambda k: f"{k['column']} matches `{k['regex']}`",
    ),
    row(
        "expect_column_values_to_not_match_regex",
        _on_column(lambda rule, text: ~text.rlike(rule.kwargs["regex"])),
        *("column", "regex"),
        sentence=lambda k: f"{k['column']} does not match `{k['regex']}`",
    ),
    row(
        "expect_column_values_to_match_regex_list",
        _on_column(_matches_list),
        *("column", "regex_list"),
        optional=("match_on",),
    ),
    row(
        "expect_column_values_to_not_match_regex_list",
        _on_column(_matches_none),
        *("column", "regex_list"),
    ),
    row(
        "expect_column_values_to_match_like_pattern",
        _on_column(lambda rule, text: text.like(rule.kwargs["like_pattern"])),
        *("column", "like_pattern"),
    ),
    row(
        "expect_column_values_to_not_match_like_pattern",
        _on_column(lambda rule, text: ~text.like(rule.kwargs["like_pattern"])),
        *("column", "like_pattern"),
    ),
    row(
        "expect_column_value_lengths_to_be_between",
        _on_column(_length_within),
        "column",
        optional=STRICT,
        one_of=ENDS,
        sentence=lambda k: f"{k['column']} has {say_range(k)} characters",
    ),
    row(
        "expect_column_value_lengths_to_equal",
        _on_column(lambda rule, text: F.length(text) == F.lit(int(rule.kwargs["value"]))),
        *("column", "value"),
        sentence=lambda k: f"{k['column']} has {k['value']} characters",
    ),
)
