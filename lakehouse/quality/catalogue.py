"""The expectation types that a suite may name: how each is evaluated, and its kwargs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Literal

from lakehouse.quality.suite_json import Json

Kind = Literal["row", "total", "unique", "great_expectations"]
WELL_FORMED = "row_is_well_formed"


@dataclass(frozen=True)
class Expectation:
    """A type that is compiled to Spark: ``row`` to a predicate, ``total`` and ``unique`` to an
    aggregate. ``one_of``: at least one of these kwargs must be given."""

    kind: Kind
    required: tuple[str, ...] = ("column",)
    optional: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()

    @property
    def kwargs(self) -> tuple[str, ...]:
        """Every kwarg that the type takes."""
        mostly = ("mostly",) if self.kind in ("row", "unique") else ()
        return (*self.required, *self.optional, *self.one_of, *mostly)


_ENDS = ("min_value", "max_value")
_STRICT = ("strict_min", "strict_max")
_PAIR = ("column_A", "column_B")


def _row(*required: str, optional: tuple[str, ...] = ()) -> Expectation:
    return Expectation("row", required, optional)


def _between(kind: Kind, *required: str) -> Expectation:
    return Expectation(kind, required, _STRICT, one_of=_ENDS)


COMPILED: Mapping[str, Expectation] = {
    "expect_column_values_to_not_be_null": _row("column"),
    "expect_column_values_to_be_null": _row("column"),
    "expect_column_values_to_be_between": _between("row", "column"),
    "expect_column_values_to_be_in_set": _row("column", "value_set"),
    "expect_column_values_to_not_be_in_set": _row("column", "value_set"),
    "expect_column_values_to_match_regex": _row("column", "regex"),
    "expect_column_values_to_not_match_regex": _row("column", "regex"),
    "expect_column_values_to_match_regex_list": _row(
        "column", "regex_list", optional=("match_on",)
    ),
    "expect_column_values_to_not_match_regex_list": _row("column", "regex_list"),
    "expect_column_values_to_match_like_pattern": _row("column", "like_pattern"),
    "expect_column_values_to_not_match_like_pattern": _row("column", "like_pattern"),
    "expect_column_value_lengths_to_be_between": _between("row", "column"),
    "expect_column_value_lengths_to_equal": _row("column", "value"),
    "expect_column_pair_values_a_to_be_greater_than_b": _row(*_PAIR, optional=("or_equal",)),
    "expect_column_pair_values_to_be_equal": _row(*_PAIR),
    "expect_column_pair_values_to_be_in_set": _row(*_PAIR, "value_pairs_set"),
    "expect_multicolumn_values_to_be_equal": _row("column_list"),
    "expect_multicolumn_sum_to_equal": _row("column_list", "sum_total"),
    "expect_select_column_values_to_be_unique_within_record": _row("column_list"),
    "expect_table_row_count_to_be_between": _between("total"),
    "expect_table_row_count_to_equal": Expectation("total", ("value",)),
    "expect_column_min_to_be_between": _between("total", "column"),
    "expect_column_max_to_be_between": _between("total", "column"),
    "expect_column_sum_to_be_between": _between("total", "column"),
    "expect_column_mean_to_be_between": _between("total", "column"),
    "expect_column_median_to_be_between": _between("total", "column"),
    "expect_column_stdev_to_be_between": _between("total", "column"),
    "expect_column_unique_value_count_to_be_between": _between("total", "column"),
    "expect_column_proportion_of_unique_values_to_be_between": _between("total", "column"),
    "expect_column_proportion_of_non_null_values_to_be_between": _between("total", "column"),
    "expect_column_distinct_values_to_be_in_set": Expectation("total", ("column", "value_set")),
    "expect_column_distinct_values_to_contain_set": Expectation("total", ("column", "value_set")),
    "expect_column_distinct_values_to_equal_set": Expectation("total", ("column", "value_set")),
    "expect_column_values_to_be_unique": Expectation("unique"),
    "expect_compound_columns_to_be_unique": Expectation("unique", ("column_list",)),
}

# Great Expectations runs these itself (slower, a verdict and no quarantine).
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

# Types that no suite can name: the library's own rules.
BUILTIN: Mapping[str, Expectation] = {WELL_FORMED: _row("column")}

_OTHER_TABLES = "it reads tables past the declared inputs"
REFUSED: Mapping[str, str] = {
    "unexpected_rows_expectation": _OTHER_TABLES,
    "expect_query_results_to_match_comparison": _OTHER_TABLES,
    "expect_table_row_count_to_equal_other_table": _OTHER_TABLES,
}

KNOWN = (*COMPILED, *LEFT_TO_GREAT_EXPECTATIONS)


def kind_of(expectation: str) -> Kind:
    """How a known expectation type is evaluated."""
    compiled = COMPILED.get(expectation) or BUILTIN.get(expectation)
    return compiled.kind if compiled else "great_expectations"


def is_number(value: Json) -> bool:
    """A JSON number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _filled_list(
    value: Json, holds: Callable[[Json], bool], at_least: int = 1, at_most: float = inf
) -> bool:
    is_so_long = isinstance(value, list) and at_least <= len(value) <= at_most
    return is_so_long and all(map(holds, value))


def _is_word(value: Json) -> bool:
    return isinstance(value, str) and value != ""


def _is_scalar(value: Json) -> bool:
    return isinstance(value, str | int | float)


# What Java's expressions know and Python's do not: such a pattern is left for Spark to read.
_JAVA_ONLY = re.compile(r"\\[pPQEhHRXzGkN]|\(\?<[a-zA-Z]|&&")


def _is_regex(value: Json) -> bool:
    if not _is_word(value):
        return False
    try:
        re.compile(value)
    except re.error:
        return _JAVA_ONLY.search(value) is not None
    return True


_WORD = (_is_word, "a text")
_BOUND = (lambda value: is_number(value) or _is_word(value), "a number or a text")
_FLAG = (lambda value: isinstance(value, bool), "true or false")
SHAPES: Mapping[str, tuple[Callable[[Json], bool], str]] = {
    "column": _WORD,
    "column_A": _WORD,
    "column_B": _WORD,
    "column_list": (
        lambda value: _filled_list(value, _is_word, 2),
        "a list of two columns or more",
    ),
    "min_value": _BOUND,
    "max_value": _BOUND,
    "strict_min": _FLAG,
    "strict_max": _FLAG,
    "or_equal": _FLAG,
    "value_set": (
        lambda value: _filled_list(value, _is_scalar),
        "a list of values, none of them null",
    ),
    "value_pairs_set": (
        lambda value: _filled_list(value, lambda pair: _filled_list(pair, _is_scalar, 2, 2)),
        "a list of pairs of values, none of them null",
    ),
    "regex": (_is_regex, "a regular expression that can be read"),
    "regex_list": (lambda value: _filled_list(value, _is_regex), "a list of regular expressions"),
    "match_on": (lambda value: value in ("any", "all"), "'any' or 'all'"),
    "like_pattern": _WORD,
    "value": (lambda value: is_number(value) and value == int(value) >= 0, "a whole number"),
    "sum_total": (is_number, "a number"),
    "mostly": (lambda value: is_number(value) and 0 < value <= 1, "a number above 0, at most 1"),
}
