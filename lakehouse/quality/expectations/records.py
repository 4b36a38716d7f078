"""Expectations that compare several columns of a row."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from itertools import combinations
from operator import and_, or_
from typing import TYPE_CHECKING

from lakehouse.config.late_spark import F, T
from lakehouse.errors import DeclarationError
from lakehouse.quality.expectations.expectation import RowTest, row
from lakehouse.quality.literals import column, literal, type_of
from lakehouse.quality.suite_json import Json

if TYPE_CHECKING:
    from pyspark.sql import Column

    from lakehouse.quality.rules import Rule

_PAIR = ("column_A", "column_B")


def _a_above_b(rule: Rule, schema: T.StructType) -> RowTest:
    _check_comparable(rule, schema)
    a, b = (column(name) for name in rule.columns)
    met = a >= b if rule.kwargs.get("or_equal") else a > b
    return RowTest(met, a.isNull() | b.isNull())


def _all_equal(rule: Rule, schema: T.StructType) -> RowTest:
    _check_comparable(rule, schema)
    first, *others = (column(name) for name in rule.columns)
    return RowTest(reduce(and_, [first == other for other in others]), _all_null(rule))


def _pair_in_set(rule: Rule, schema: T.StructType) -> RowTest:
    types = [type_of(rule, name, schema) for name in rule.columns]
    a, b = (column(name) for name in rule.columns)
    pairs = [
        (a == literal(rule, left, types[0])) & (b == literal(rule, right, types[1]))
        for left, right in rule.kwargs["value_pairs_set"]
    ]
    return RowTest(reduce(or_, pairs), _all_null(rule))


def _all_differ(rule: Rule, schema: T.StructType) -> RowTest:
    _check_comparable(rule, schema)
    pairs = list(combinations([column(name) for name in rule.columns], 2))
    are_distinct = reduce(and_, [~a.eqNullSafe(b) for a, b in pairs])
    return RowTest(reduce(and_, [a != b for a, b in pairs]), _all_null(rule) | are_distinct)


def _sum_equals(rule: Rule, schema: T.StructType) -> RowTest:
    _check_comparable(rule, schema, family="number")
    types = [type_of(rule, name, schema) for name in rule.columns]
    inexact = any(isinstance(of, T.FloatType | T.DoubleType) for of in types)
    total = literal(rule, rule.kwargs["sum_total"], T.DoubleType() if inexact else T.LongType())
    columns = [column(name) for name in rule.columns]
    known = [F.coalesce(addend, F.lit(0)) for addend in columns]
    summed, summed_known = (reduce(F.try_add, addends) for addends in (columns, known))
    excused = _all_null(rule) | F.coalesce(summed_known == total, F.lit(False))
    return RowTest(summed == total, excused)


def _all_null(rule: Rule) -> Column:
    return reduce(and_, [column(name).isNull() for name in rule.columns])


def _check_comparable(rule: Rule, schema: T.StructType, family: str | None = None) -> None:
    """Raise DeclarationError for columns that Spark would have to cast for the comparison."""
    families = {name: _family(type_of(rule, name, schema)) for name in rule.columns}
    if len(set(families.values())) > 1 or family not in (None, *families.values()):
        types = ", ".join(f"{name} is a {of}" for name, of in families.items())
        message = f"rule '{rule.id}': these columns cannot be compared: {types}"
        raise DeclarationError(message, where=rule.where, hint="cast them in the transformation")


def _family(of: T.DataType) -> str:
    if isinstance(of, T.NumericType):
        return "number"
    if isinstance(of, T.DateType | T.TimestampType | T.TimestampNTZType):
        return "time"
    return of.simpleString()


def _say_above(kwargs: Mapping[str, Json]) -> str:
    how = "at least" if kwargs.get("or_equal") else "more than"
    return f"{kwargs['column_A']} is {how} {kwargs['column_B']}"


EXPECTATIONS = (
    row(
        "expect_column_pair_values_a_to_be_greater_than_b",
        _a_above_b,
        *_PAIR,
        optional=("or_equal",),
        sentence=_say_above,
    ),
    row(
        "expect_column_pair_values_to_be_equal",
        _all_equal,
        *_PAIR,
        sentence=lambda k: f"{k['column_A']} equals {k['column_B']}",
    ),
    row("expect_column_pair_values_to_be_in_set", _pair_in_set, *_PAIR, "value_pairs_set"),
    row("expect_multicolumn_values_to_be_equal", _all_equal, "column_list"),
    row(
        "expect_multicolumn_sum_to_equal",
        _sum_equals,
        "column_list",
        "sum_total",
        sentence=lambda k: f"{' + '.join(k['column_list'])} is {k['sum_total']}",
    ),
    row("expect_select_column_values_to_be_unique_within_record", _all_differ, "column_list"),
)
