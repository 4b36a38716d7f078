"""Expectations of unique values or keys."""

from __future__ import annotations

from lakehouse.quality.expectations.expectation import unique
from lakehouse.quality.expectations.sentences import describe_column

EXPECTATIONS = (
    unique("expect_column_values_to_be_unique", "column", sentence=describe_column("is unique")),
    unique(
        "expect_compound_columns_to_be_unique",
        "column_list",
        sentence=lambda k: f"{', '.join(k['column_list'])} are unique together",
    ),
)
