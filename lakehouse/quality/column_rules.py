"""Row rules on one column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import and_, or_
from typing import NamedTuple

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from lakehouse.errors import DeclarationError
from lakehouse.quality.catalogue import WELL_FORMED
from lakehouse.quality.literals import column, operand, type_of
from lakehouse.quality.ranges import in_set, within
from lakehouse.quality.rules import Rule


class RowTest(NamedTuple):
    """What a row must meet (NULL where it cannot be told), and when NULL lets it pass."""

    met: Column
    excused: Column


Compiler = Callable[[Rule, T.StructType], RowTest]


def _on_column(met: Callable[[Rule, Column], Column]) -> Callable[[Rule, T.StructType], RowTest]:
    """A rule on one column, read as text."""

    def compiled(rule: Rule, schema: T.StructType) -> RowTest:
        name = rule.kwargs["column"]
        if isinstance(type_of(rule, name, schema), T.ArrayType | T.MapType | T.StructType):
            message = f"rule '{rule.id}': column '{name}' is nested, the rule reads a single value"
            raise DeclarationError(message, where=rule.where)
        return RowTest(met(rule, column(name).cast("string")), column(name).isNull())

    return compiled


def _null(rule: Rule, schema: T.StructType) -> RowTest:
    type_of(rule, rule.kwargs["column"], schema)
    return RowTest(column(rule.kwargs["column"]).isNull(), F.lit(False))


def _not_null(rule: Rule, schema: T.StructType) -> RowTest:
    return RowTest(~_null(rule, schema).met, F.lit(False))


def _between(rule: Rule, schema: T.StructType) -> RowTest:
    name = rule.kwargs["column"]
    ends = [
        rule.kwargs[key] for key in ("min_value", "max_value") if rule.kwargs.get(key) is not None
    ]
    tested, of = operand(rule, name, ends, schema)
    return RowTest(within(rule, tested, of), column(name).isNull())


def _in_set(rule: Rule, schema: T.StructType) -> RowTest:
    return RowTest(in_set(rule, schema), column(rule.kwargs["column"]).isNull())


def _not_in_set(rule: Rule, schema: T.StructType) -> RowTest:
    return RowTest(~in_set(rule, schema), column(rule.kwargs["column"]).isNull())


def _length_within(rule: Rule, text: Column) -> Column:
    return within(rule, F.length(text), T.IntegerType())


def _matches_list(rule: Rule, text: Column) -> Column:
    joined = and_ if rule.kwargs.get("match_on") == "all" else or_
    return reduce(joined, [text.rlike(regex) for regex in rule.kwargs["regex_list"]])


def _matches_none(rule: Rule, text: Column) -> Column:
    return reduce(and_, [~text.rlike(regex) for regex in rule.kwargs["regex_list"]])


COLUMN_RULES: Mapping[str, Compiler] = {
    WELL_FORMED: _null,
    "expect_column_values_to_be_null": _null,
    "expect_column_values_to_not_be_null": _not_null,
    "expect_column_values_to_be_between": _between,
    "expect_column_values_to_be_in_set": _in_set,
    "expect_column_values_to_not_be_in_set": _not_in_set,
    "expect_column_values_to_match_regex": _on_column(
        lambda rule, text: text.rlike(rule.kwargs["regex"])
    ),
    "expect_column_values_to_not_match_regex": _on_column(
        lambda rule, text: ~text.rlike(rule.kwargs["regex"])
    ),
    "expect_column_values_to_match_regex_list": _on_column(_matches_list),
    "expect_column_values_to_not_match_regex_list": _on_column(_matches_none),
    "expect_column_values_to_match_like_pattern": _on_column(
        lambda rule, text: text.like(rule.kwargs["like_pattern"])
    ),
    "expect_column_values_to_not_match_like_pattern": _on_column(
        lambda rule, text: ~text.like(rule.kwargs["like_pattern"])
    ),
    "expect_column_value_lengths_to_be_between": _on_column(_length_within),
    "expect_column_value_lengths_to_equal": _on_column(
        lambda rule, text: F.length(text) == F.lit(int(rule.kwargs["value"]))
    ),
}
