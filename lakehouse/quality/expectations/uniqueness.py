"""Rows whose key no other row has."""

from __future__ import annotations

from lakehouse.quality.expectations.expectation import unique

EXPECTATIONS = (
    unique("expect_column_values_to_be_unique", "column"),
    unique("expect_compound_columns_to_be_unique", "column_list"),
)
