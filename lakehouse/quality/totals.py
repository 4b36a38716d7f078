"""Rules on all rows at once, compiled to an aggregate that is true or false.

Only the verdict leaves Spark: a column's smallest value may be a person's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import and_

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from lakehouse.errors import DeclarationError
from lakehouse.quality.literals import TEXT_AS_NUMBER, column, literal, operand, type_of
from lakehouse.quality.ranges import in_set, within
from lakehouse.quality.rules import Rule

_WIDE = T.DecimalType(38, 0)


def holds(rule: Rule, schema: T.StructType) -> Column:
    """An aggregate that is true where the rule holds; never NULL. NULL cells are left out.

    Raises DeclarationError where the rule does not suit the type of its column.
    """
    return F.coalesce(_COMPILERS[rule.type](rule, schema), F.lit(False))


def _rows_within(rule: Rule, _: T.StructType) -> Column:
    return within(rule, F.count(F.lit(1)), T.LongType())


def _rows_equal(rule: Rule, _: T.StructType) -> Column:
    return F.count(F.lit(1)) == F.lit(int(rule.kwargs["value"]))


def _extreme_within(extreme: Callable[[Column], Column]) -> Callable[..., Column]:
    def compiled(rule: Rule, schema: T.StructType) -> Column:
        ends = [rule.kwargs.get("min_value"), rule.kwargs.get("max_value")]
        given = [end for end in ends if end is not None]
        tested, of = operand(rule, rule.kwargs["column"], given, schema)
        return within(rule, extreme(tested), of)

    return compiled


def _numbers_within(total: Callable[[Column], Column]) -> Callable[..., Column]:
    """Of a column of numbers: exact where its type is, so that a sum of money is to the cent."""

    def compiled(rule: Rule, schema: T.StructType) -> Column:
        numbers, of = _numbers(rule, schema)
        return within(rule, total(numbers), of)

    return compiled


def _floating_within(total: Callable[[Column], Column]) -> Callable[..., Column]:
    def compiled(rule: Rule, schema: T.StructType) -> Column:
        numbers, _ = _numbers(rule, schema)
        return within(rule, total(numbers.cast("double")), T.DoubleType())

    return compiled


def _mean_within(rule: Rule, schema: T.StructType) -> Column:
    # A decimal's mean stays decimal; that of whole numbers would keep four digits only.
    whole = isinstance(type_of(rule, rule.kwargs["column"], schema), T.IntegralType)
    mean = _floating_within(F.avg) if whole else _numbers_within(F.try_avg)
    return mean(rule, schema)


def _numbers(rule: Rule, schema: T.StructType) -> tuple[Column, T.DataType]:
    name = rule.kwargs["column"]
    of = type_of(rule, name, schema)
    if isinstance(of, T.StringType):
        return column(name).try_cast(TEXT_AS_NUMBER), TEXT_AS_NUMBER
    if isinstance(of, T.IntegralType):
        return column(name).cast(_WIDE), _WIDE
    if isinstance(of, T.NumericType):
        return column(name), of
    message = f"rule '{rule.id}': column '{name}' is a {of.simpleString()}, no number"
    raise DeclarationError(message, where=rule.where)


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


_COMPILERS: Mapping[str, Callable[[Rule, T.StructType], Column]] = {
    "expect_table_row_count_to_be_between": _rows_within,
    "expect_table_row_count_to_equal": _rows_equal,
    "expect_column_min_to_be_between": _extreme_within(F.min),
    "expect_column_max_to_be_between": _extreme_within(F.max),
    "expect_column_sum_to_be_between": _numbers_within(F.try_sum),
    "expect_column_mean_to_be_between": _mean_within,
    "expect_column_median_to_be_between": _floating_within(F.median),
    "expect_column_stdev_to_be_between": _floating_within(F.stddev_samp),
    "expect_column_unique_value_count_to_be_between": _distinct_within,
    "expect_column_proportion_of_unique_values_to_be_between": _share_distinct_within,
    "expect_column_proportion_of_non_null_values_to_be_between": _share_given_within,
    "expect_column_distinct_values_to_be_in_set": _only_of_set,
    "expect_column_distinct_values_to_contain_set": _whole_set,
    "expect_column_distinct_values_to_equal_set": _same_set,
}
