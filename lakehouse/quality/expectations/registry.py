"""The expectation types by name: compiled, run by Great Expectations, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakehouse.config.plugins import Registry
from lakehouse.quality.expectations import (
    distinct,
    nulls,
    records,
    texts,
    totals,
    uniqueness,
    values,
)
from lakehouse.quality.expectations.expectation import Expectation, Kind
from lakehouse.quality.expectations.forms import FORMS

_MODULES = (nulls, values, texts, records, totals, distinct, uniqueness)

# Great Expectations runs these itself: slower, a verdict only, no quarantine.
LEFT_TO_GREAT_EXPECTATIONS = (
    "expect_column_kl_divergence_to_be_less_than",
    "expect_column_most_common_value_to_be_in_set",
    "expect_column_quantile_values_to_be_between",
    "expect_column_to_exist",
    "expect_column_type_to_be",
    "expect_column_value_z_scores_to_be_less_than",
    "expect_column_values_to_be_decreasing",
    "expect_column_values_to_be_in_type_list",
    "expect_column_values_to_be_increasing",
    "expect_column_values_to_be_json_parseable",
    "expect_column_values_to_be_of_type",
    "expect_column_values_to_match_json_schema",
    "expect_column_values_to_match_strftime_format",
    "expect_column_values_to_not_be_outliers",
    "expect_table_column_count_to_be_between",
    "expect_table_column_count_to_equal",
    "expect_table_columns_to_match_ordered_list",
    "expect_table_columns_to_match_set",
)

_OTHER_TABLES = "it reads tables that are not declared inputs"
REFUSED: Mapping[str, str] = {
    "unexpected_rows_expectation": _OTHER_TABLES,
    "expect_query_results_to_match_comparison": _OTHER_TABLES,
    "expect_table_row_count_to_equal_other_table": _OTHER_TABLES,
}


def _check(name: str, loaded: Any) -> str | None:
    if not isinstance(loaded, Expectation):
        return "it is not a lakehouse.quality.expectations.expectation.Expectation"
    if loaded.type != name:
        return f"its type is '{loaded.type}'"
    if loaded.kind == "great_expectations" or name in (*LEFT_TO_GREAT_EXPECTATIONS, *REFUSED):
        return "it is a type that Great Expectations runs"
    without_form = [key for key in loaded.kwargs if key not in loaded.forms and key not in FORMS]
    return f"it gives no form for its kwarg '{without_form[0]}'" if without_form else None


EXPECTATIONS: Registry[Expectation] = Registry(
    "lakehouse.expectations",
    {expectation.type: expectation for module in _MODULES for expectation in module.EXPECTATIONS},
    check=_check,
)
"""The compiled types that a suite may name."""


def expectation_of(type_: str) -> Expectation | None:
    """The compiled type, including the library's own rule; None for other names."""
    return nulls.ROW_IS_WELL_FORMED if type_ == nulls.WELL_FORMED else EXPECTATIONS.get(type_)


def kind_of(type_: str) -> Kind:
    """How a known expectation type is evaluated."""
    compiled = expectation_of(type_)
    return compiled.kind if compiled else "great_expectations"


def known_types() -> list[str]:
    """Every type that a suite may name."""
    return [*EXPECTATIONS, *LEFT_TO_GREAT_EXPECTATIONS]
