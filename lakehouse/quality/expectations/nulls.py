"""Expectations on one value: NULL or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakehouse.config.late_spark import F, T
from lakehouse.quality.expectations.expectation import RowTest, row
from lakehouse.quality.expectations.sentences import describe_column
from lakehouse.quality.literals import column, type_of

if TYPE_CHECKING:
    from lakehouse.quality.rules import Rule

WELL_FORMED = "row_is_well_formed"


def _null(rule: Rule, schema: T.StructType) -> RowTest:
    type_of(rule, rule.kwargs["column"], schema)
    return RowTest(column(rule.kwargs["column"]).isNull(), F.lit(False))


def _not_null(rule: Rule, schema: T.StructType) -> RowTest:
    return RowTest(~_null(rule, schema).met, F.lit(False))


EXPECTATIONS = (
    row(
        "expect_column_values_to_not_be_null",
        _not_null,
        "column",
        decides_nulls=True,
        sentence=describe_column("is present"),
    ),
    row(
        "expect_column_values_to_be_null",
        _null,
        "column",
        decides_nulls=True,
        sentence=describe_column("is absent"),
    ),
)
ROW_IS_WELL_FORMED = row(
    WELL_FORMED,
    _null,
    "column",
    decides_nulls=True,
    sentence=lambda _: "every value fits its declared type",
)
"""The library's own rule for malformed rows, which no suite can name."""
