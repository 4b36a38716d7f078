"""The first suite of a silver table, from the profiles of its columns.

Rules about values are proposed for columns without personal data only.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from lakehouse.drafting.draft_tables import DraftColumn, DraftTable
from lakehouse.drafting.value_forms import are_labels
from lakehouse.drafting.vocabulary import LABEL
from lakehouse.drafting.words_of_names import has_id_name, name_words

_MOSTLY = 0.95
_VALUES = 12
_ENOUGH = 20  # sampled rows from which on values and ranges are proposed
_LARGEST = 10**15

Json = dict[str, Any]


def draft_suite(table: DraftTable) -> Json:
    """The suite as Great Expectations 1.x JSON: keys are critical, all else is a warning."""
    rules: list[Json] = []
    for column in table.columns:
        if column.name in table.mode.keys or column.is_kept:
            rules += _rules(column, table)
    if table.keys and table.mode.sequence_by is None:
        rules.append(_unique(table))
    return {"name": f"silver.{table.name}", "expectations": rules}


def _rules(column: DraftColumn, table: DraftTable) -> list[Json]:
    name, profile = table.silver[column.name], column.profile
    is_key = column.name in table.mode.keys
    rules: list[Json] = []
    if is_key or (profile.nulls == 0 and table.rows):
        severity = "critical" if is_key else "warning"
        rules.append(_rule("expect_column_values_to_not_be_null", f"{name}_is_present", severity,
                           {"column": name, "mostly": _MOSTLY}, table))  # fmt: skip
    if is_key or not column.is_kept or table.rows < _ENOUGH:
        return rules
    if profile.is_text and are_labels(profile.counts) and len(profile.counts) <= _VALUES:
        values = {"column": name, "value_set": sorted(profile.counts), "mostly": _MOSTLY}
        rules.append(_rule("expect_column_values_to_be_in_set", f"{name}_is_known", "warning",
                           values, table, nulls="pass"))  # fmt: skip
    bounds = _bounds(column)
    if bounds is not None:
        kwargs = {"column": name, "min_value": bounds[0], "max_value": bounds[1], "mostly": _MOSTLY}
        rules.append(_rule("expect_column_values_to_be_between", f"{name}_is_in_range", "warning",
                           kwargs, table, nulls="pass"))  # fmt: skip
    return rules


def _bounds(column: DraftColumn) -> tuple[int, int] | None:
    """A range that is three times as wide as that of the sample, but not below 0 without need."""
    profile = column.profile
    is_code = has_id_name(profile.name) or bool(name_words(profile.name) & LABEL)
    if not profile.is_number or is_code or not profile.texts:
        return None
    numbers = [Decimal(text) for text in profile.texts]
    if not all(number.is_finite() for number in numbers):
        return None
    low, high = min(numbers), max(numbers)
    span = max(high - low, abs(high), Decimal(1))
    least = Decimal(0) if low >= 0 else low - span
    if max(abs(least), high + span) > _LARGEST:
        return None
    return (
        int(least.to_integral_value(ROUND_FLOOR)),
        int((high + span).to_integral_value(ROUND_CEILING)),
    )


def _unique(table: DraftTable) -> Json:
    keys = table.keys
    alone = len(keys) == 1
    kind = "expect_column_values_to_be_unique" if alone else "expect_compound_columns_to_be_unique"
    kwargs: Json = {"column": keys[0]} if alone else {"column_list": keys}
    return _rule(kind, f"{'_and_'.join(keys)}_is_unique", "info", kwargs, table, scope="table")


def _rule(
    kind: str, name: str, severity: str, kwargs: Json, table: DraftTable, **meta: str
) -> Json:
    rows = f"{table.rows:,} sampled row{'' if table.rows == 1 else 's'}"
    return {
        "type": kind,
        "kwargs": kwargs,
        "severity": severity,
        "meta": {
            "id": name,
            **meta,
            "notes": f"Proposed from {rows}; change it as you learn more.",
        },
    }
