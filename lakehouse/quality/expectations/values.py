"""Expectations on one value: a range or a set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakehouse.config.late_spark import T
from lakehouse.quality.expectations.expectation import RowTest, row
from lakehouse.quality.expectations.sentences import say_range, say_values
from lakehouse.quality.literals import column, operand
from lakehouse.quality.ranges import ENDS, STRICT, in_set, within

if TYPE_CHECKING:
    from lakehouse.quality.rules import Rule


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


EXPECTATIONS = (
    row(
        "expect_column_values_to_be_between",
        _between,
        "column",
        optional=STRICT,
        one_of=ENDS,
        sentence=lambda k: f"{k['column']} is {say_range(k)}",
    ),
    row(
        "expect_column_values_to_be_in_set",
        _in_set,
        "column",
        "value_set",
        sentence=lambda k: f"{k['column']} is one of {say_values(k['value_set'])}",
    ),
    row(
        "expect_column_values_to_not_be_in_set",
        _not_in_set,
        "column",
        "value_set",
        sentence=lambda k: f"{k['column']} is none of {say_values(k['value_set'])}",
    ),
)
