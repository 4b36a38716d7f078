"""Rules that the library adds to the suites of its tables, each of critical severity.

They appear in results, messages and the quarantine like declared rules; ``where`` is the
``file:line`` of the table's declaration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lakehouse.quality.expectations.nulls import WELL_FORMED
from lakehouse.quality.rules import Rule, Scope
from lakehouse.quality.suite_json import Json

MALFORMED = "_malformed"
SEQUENCE_IS_PRESENT = "sequence_is_present"
PROBABILITY_IS_VALID = "probability_is_valid"


def well_formed(where: str, mostly: float = 0.5) -> Rule:
    """Every value fits its declared type: ``_malformed`` is NULL.

    At least half of the rows of a day must pass, so that a source that is mostly not understood (a
    wrong delimiter or encoding) stops the write. A suite can declare another share.
    """
    return _rule(WELL_FORMED, WELL_FORMED, {"column": MALFORMED}, where, mostly=mostly)


def present(rule_id: str, column: str, where: str) -> Rule:
    """The column is not NULL."""
    return _rule(rule_id, "expect_column_values_to_not_be_null", {"column": column}, where)


def unique(rule_id: str, columns: Sequence[str], where: str, scope: Scope = "table") -> Rule:
    """No two rows have the same values in all of ``columns``.

    NULL counts as a value, but rows in which all of them are NULL pass.
    """
    kwargs: dict[str, Json] = {"column_list": list(columns)}
    rule = _rule(rule_id, "expect_compound_columns_to_be_unique", kwargs, where)
    return replace(rule, scope=scope, nulls="pass")


def between(rule_id: str, column: str, low: float, high: float, where: str) -> Rule:
    """The column is between ``low`` and ``high``, both included; NULL and NaN fail."""
    kwargs = {"column": column, "min_value": low, "max_value": high}
    return _rule(rule_id, "expect_column_values_to_be_between", kwargs, where)


def _rule(
    rule_id: str,
    expectation: str,
    kwargs: Mapping[str, Json],
    where: str,
    *,
    mostly: float = 1.0,
) -> Rule:
    return Rule(rule_id, expectation, kwargs, "critical", mostly, "day", "fail", None, where)
