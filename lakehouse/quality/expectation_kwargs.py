"""The kwargs of an expectation, checked before any row is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NoReturn

from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import DeclarationError
from lakehouse.quality import catalogue, great_expectations_run
from lakehouse.quality.rules import Rule
from lakehouse.quality.suite_json import Json

_CONDITIONS = ("row_condition", "condition_parser", "ignore_row_if")
_ABOUT_NULLS = ("expect_column_values_to_be_null", "expect_column_values_to_not_be_null")


def check_kwargs(rule: Rule, *, nulls_said: bool) -> Rule:
    """The rule with its ``mostly``. Raises DeclarationError (file:line) for kwargs that are
    unknown, missing or of another form, and for a ``meta.nulls`` that cannot be kept."""
    _refuse_conditions(rule)
    compiled = catalogue.COMPILED.get(rule.type)
    if compiled is None:
        great_expectations_run.check(rule)
    else:
        _check_compiled(rule, compiled)
    _check_mostly(rule)
    _check_nulls(rule, nulls_said)
    return replace(rule, mostly=float(rule.kwargs.get("mostly", 1.0)))


def _off(rule: Rule, message: str, hint: str | None = None) -> NoReturn:
    raise DeclarationError(f"rule '{rule.id}': {message}", where=rule.where, hint=hint)


def _refuse_conditions(rule: Rule) -> None:
    for key in _CONDITIONS:
        if key in rule.kwargs:
            hint = "say `meta.nulls` for missing values, or compute a column for it in the shape"
            _off(rule, f"'{key}' is not supported", hint)


def _check_compiled(rule: Rule, expectation: catalogue.Expectation) -> None:
    for key in rule.kwargs:
        if key not in expectation.kwargs:
            _off(rule, f"{rule.type} takes no '{key}'{did_you_mean(key, expectation.kwargs)}")
    for key in expectation.required:
        if key not in rule.kwargs:
            _off(rule, f"{rule.type} needs '{key}'")
    given = {key: value for key, value in rule.kwargs.items() if not _left_open(key, value)}
    if expectation.one_of and not any(key in given for key in expectation.one_of):
        _off(rule, f"{rule.type} needs {' or '.join(expectation.one_of)}")
    _check_shapes(rule, given)


def _left_open(key: str, value: Json) -> bool:
    # Great Expectations writes null for the end of a range that is open.
    return value is None and key in ("min_value", "max_value", "strict_min", "strict_max")


def _check_shapes(rule: Rule, given: Mapping[str, Json]) -> None:
    for key, value in given.items():
        fits, form = catalogue.SHAPES[key]
        if not fits(value):
            _off(rule, f"'{key}' is {form}")


def _check_mostly(rule: Rule) -> None:
    fits, form = catalogue.SHAPES["mostly"]
    if "mostly" in rule.kwargs and not fits(rule.kwargs["mostly"]):
        _off(rule, f"'mostly' is {form}")


def _check_nulls(rule: Rule, said: bool) -> None:
    if said and (rule.kind == "total" or rule.type in _ABOUT_NULLS):
        _off(rule, f"`meta.nulls` says nothing about {rule.type}; leave it out")
    ignores_nulls = great_expectations_run.judges_rows(rule)
    if ignores_nulls and rule.nulls == "fail":
        hint = "say `meta.nulls: pass`, and expect_column_values_to_not_be_null where NULL is wrong"
        _off(rule, f"Great Expectations leaves NULL out of {rule.type}", hint)
