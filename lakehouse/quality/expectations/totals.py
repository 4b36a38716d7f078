"""Expectations on all rows: the row count, and aggregates of a numeric column."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lakehouse.config.late_spark import F, T
from lakehouse.errors import DeclarationError
from lakehouse.quality.expectations.expectation import Aggregate, Expectation, total
from lakehouse.quality.expectations.sentences import describe_total, say_range
from lakehouse.quality.literals import column, operand, text_as_number, type_of
from lakehouse.quality.ranges import ENDS, STRICT, within

if TYPE_CHECKING:
    from pyspark.sql import Column

    from lakehouse.quality.rules import Rule


def _rows_within(rule: Rule, _: T.StructType) -> Column:
    return within(rule, F.count(F.lit(1)), T.LongType())


def _rows_equal(rule: Rule, _: T.StructType) -> Column:
    return F.count(F.lit(1)) == F.lit(int(rule.kwargs["value"]))


def _extreme_within(extreme: Callable[[Column], Column]) -> Aggregate:
    def aggregate(rule: Rule, schema: T.StructType) -> Column:
        ends = [rule.kwargs.get("min_value"), rule.kwargs.get("max_value")]
        given = [end for end in ends if end is not None]
        tested, of = operand(rule, rule.kwargs["column"], given, schema)
        return within(rule, extreme(tested), of)

    return aggregate


def _numbers_within(total: Callable[[Column], Column]) -> Aggregate:
    """For a numeric column; exact if its type is, so that sums of money are exact."""

    def aggregate(rule: Rule, schema: T.StructType) -> Column:
        numbers, of = _numbers(rule, schema)
        return within(rule, total(numbers), of)

    return aggregate


def _floating_within(total: Callable[[Column], Column]) -> Aggregate:
    def aggregate(rule: Rule, schema: T.StructType) -> Column:
        numbers, _ = _numbers(rule, schema)
        return within(rule, total(numbers.cast("double")), T.DoubleType())

    return aggregate


def _mean_within(rule: Rule, schema: T.StructType) -> Column:
    # The mean of decimals stays decimal; integers as decimals would keep four digits only.
    whole = isinstance(type_of(rule, rule.kwargs["column"], schema), T.IntegralType)
    mean = _floating_within(F.avg) if whole else _numbers_within(F.try_avg)
    return mean(rule, schema)


def _numbers(rule: Rule, schema: T.StructType) -> tuple[Column, T.DataType]:
    name = rule.kwargs["column"]
    of = type_of(rule, name, schema)
    if isinstance(of, T.StringType):
        return column(name).try_cast(text_as_number()), text_as_number()
    if isinstance(of, T.IntegralType):
        wide = T.DecimalType(38, 0)
        return column(name).cast(wide), wide
    if isinstance(of, T.NumericType):
        return column(name), of
    message = f"rule '{rule.id}': column '{name}' is a {of.simpleString()}, not a number"
    raise DeclarationError(message, where=rule.where)


def total_between(type_: str, aggregate: Aggregate, what: str) -> Expectation:
    """A type that demands one number of a column, ``what``, to be in a range."""
    return total(
        type_, aggregate, "column", optional=STRICT, one_of=ENDS, sentence=describe_total(what)
    )


EXPECTATIONS = (
    total(
        "expect_table_row_count_to_be_between",
        _rows_within,
        optional=STRICT,
        one_of=ENDS,
        sentence=lambda k: f"the number of rows is {say_range(k)}",
    ),
    total(
        "expect_table_row_count_to_equal",
        _rows_equal,
        "value",
        sentence=lambda k: f"the number of rows is {k['value']}",
    ),
    total_between(
        "expect_column_min_to_be_between", _extreme_within(lambda c: F.min(c)), "smallest value"
    ),
    total_between(
        "expect_column_max_to_be_between", _extreme_within(lambda c: F.max(c)), "largest value"
    ),
    total_between(
        "expect_column_sum_to_be_between", _numbers_within(lambda c: F.try_sum(c)), "sum"
    ),
    total_between("expect_column_mean_to_be_between", _mean_within, "mean"),
    total_between(
        "expect_column_median_to_be_between", _floating_within(lambda c: F.median(c)), "median"
    ),
    total_between(
        "expect_column_stdev_to_be_between",
        _floating_within(lambda c: F.stddev_samp(c)),
        "standard deviation",
    ),
)
