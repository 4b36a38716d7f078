"""What a rule demands, as a sentence for people who do not read JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lakehouse.quality.expectations.nulls import WELL_FORMED
from lakehouse.quality.rules import Rule

Kwargs = Mapping[str, Any]
WELL_FORMED_WORDS = "every value fits its declared type"


def demand(rule: Rule) -> str:
    """``amount is at least 0.01``; the type's own name for a type without a sentence."""
    words = _WORDS.get(rule.type)
    return words(rule.kwargs) if words else _plain(rule)


def how_many(rule: Rule) -> str:
    """``every row``, ``at least 98 % of a day's rows`` or ``the table as a whole``."""
    whole = "the table" if rule.scope == "table" else "a day"
    if rule.kind not in ("row", "unique"):
        return f"{whole} as a whole"
    if rule.mostly == 1:
        return f"every row of {whole}"
    return f"at least {rule.mostly * 100:.6g} % of the rows of {whole}"


def demands(rules: tuple[Rule, ...]) -> dict[str, str]:
    """The sentence of each rule by its id, with the built-in rule for malformed rows."""
    return {WELL_FORMED: WELL_FORMED_WORDS, **{rule.id: demand(rule) for rule in rules}}


def _plain(rule: Rule) -> str:
    about = ", ".join(rule.columns)
    words = rule.type.removeprefix("expect_").replace("_", " ")
    return f"{about}: {words}" if about else words


def _between(k: Kwargs) -> str:
    low, high = k.get("min_value"), k.get("max_value")
    above = "more than" if k.get("strict_min") else "at least"
    below = "less than" if k.get("strict_max") else "at most"
    ends = [f"{above} {low}"] * (low is not None) + [f"{below} {high}"] * (high is not None)
    return " and ".join(ends) or "anything"


def _listed(values: Sequence[object]) -> str:
    shown = [str(value) for value in list(values)[:12]]
    return ", ".join(shown) + (" …" if len(values) > 12 else "")


def _of(what: str) -> Callable[[Kwargs], str]:
    return lambda k: f"the {what} of {k['column']} is {_between(k)}"


def _column(words: str) -> Callable[[Kwargs], str]:
    return lambda k: f"{k['column']} {words}"


_WORDS: Mapping[str, Callable[[Kwargs], str]] = {
    WELL_FORMED: lambda _: WELL_FORMED_WORDS,
    "expect_column_values_to_not_be_null": _column("is present"),
    "expect_column_values_to_be_null": _column("is absent"),
    "expect_column_values_to_be_unique": _column("is unique"),
    "expect_column_values_to_be_between": lambda k: f"{k['column']} is {_between(k)}",
    "expect_column_values_to_be_in_set": lambda k: (
        f"{k['column']} is one of {_listed(k['value_set'])}"
    ),
    "expect_column_values_to_not_be_in_set": lambda k: (
        f"{k['column']} is none of {_listed(k['value_set'])}"
    ),
    "expect_column_values_to_match_regex": lambda k: f"{k['column']} matches `{k['regex']}`",
    "expect_column_values_to_not_match_regex": lambda k: (
        f"{k['column']} does not match `{k['regex']}`"
    ),
    "expect_column_value_lengths_to_be_between": lambda k: (
        f"{k['column']} has {_between(k)} characters"
    ),
    "expect_column_value_lengths_to_equal": lambda k: f"{k['column']} has {k['value']} characters",
    "expect_column_pair_values_a_to_be_greater_than_b": lambda k: (
        f"{k['column_A']} is {'at least' if k.get('or_equal') else 'more than'} {k['column_B']}"
    ),
    "expect_column_pair_values_to_be_equal": lambda k: f"{k['column_A']} equals {k['column_B']}",
    "expect_compound_columns_to_be_unique": lambda k: (
        f"{', '.join(k['column_list'])} are unique together"
    ),
    "expect_multicolumn_sum_to_equal": lambda k: (
        f"{' + '.join(k['column_list'])} is {k['sum_total']}"
    ),
    "expect_table_row_count_to_be_between": lambda k: f"the number of rows is {_between(k)}",
    "expect_table_row_count_to_equal": lambda k: f"the number of rows is {k['value']}",
    "expect_column_min_to_be_between": _of("smallest value"),
    "expect_column_max_to_be_between": _of("largest value"),
    "expect_column_sum_to_be_between": _of("sum"),
    "expect_column_mean_to_be_between": _of("mean"),
    "expect_column_median_to_be_between": _of("median"),
    "expect_column_stdev_to_be_between": _of("standard deviation"),
    "expect_column_unique_value_count_to_be_between": _of("number of distinct values"),
    "expect_column_proportion_of_unique_values_to_be_between": _of("share of distinct values"),
    "expect_column_proportion_of_non_null_values_to_be_between": _of("share of present values"),
}
