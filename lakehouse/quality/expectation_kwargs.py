"""The kwargs of an expectation, checked before any row is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import DeclarationError
from lakehouse.quality.expectations.expectation import Expectation
from lakehouse.quality.expectations.forms import FORMS, Form
from lakehouse.quality.expectations.registry import expectation_of
from lakehouse.quality.rules import Rule
from lakehouse.quality.suite_json import Json

_CONDITIONS = ("row_condition", "condition_parser", "ignore_row_if")

Errors = Iterator[DeclarationError]


def kwargs_errors(rule: Rule, *, nulls_declared: bool) -> Errors:
    """An error (file:line) for each kwarg that is unknown, missing or invalid, and for a
    ``meta.nulls`` that the type does not support. The rule's type must be known."""
    conditions = [key for key in _CONDITIONS if key in rule.kwargs]
    for key in conditions:
        hint = (
            "use `meta.nulls` for missing values, or compute a column for it in the transformation"
        )
        yield _error(rule, f"'{key}' is not supported", hint)
    compiled = expectation_of(rule.type)
    if compiled is not None:
        yield from _compiled_errors(rule, compiled)
    elif not conditions:
        from lakehouse.quality import great_expectations_run  # imports Spark: seconds

        yield from great_expectations_run.kwargs_errors(rule)
        yield from _form_errors(
            rule, {k: v for k, v in rule.kwargs.items() if k == "mostly"}, FORMS
        )
    yield from _nulls_errors(rule, nulls_declared)


def _error(rule: Rule, message: str, hint: str | None = None) -> DeclarationError:
    return DeclarationError(f"rule '{rule.id}': {message}", where=rule.where, hint=hint)


def _compiled_errors(rule: Rule, expectation: Expectation) -> Errors:
    for key in rule.kwargs:
        if key not in (*expectation.kwargs, *_CONDITIONS):
            near = did_you_mean(key, expectation.kwargs)
            yield _error(rule, f"{rule.type} takes no '{key}'{near}")
    for key in expectation.required:
        if key not in rule.kwargs:
            yield _error(rule, f"{rule.type} needs '{key}'")
    given = {key: value for key, value in rule.kwargs.items() if not _is_open_end(key, value)}
    if expectation.one_of and not any(key in given for key in expectation.one_of):
        yield _error(rule, f"{rule.type} needs {' or '.join(expectation.one_of)}")
    taken = {key: given[key] for key in given if key in expectation.kwargs}
    yield from _form_errors(rule, taken, {key: expectation.form(key) for key in taken})


def _is_open_end(key: str, value: Json) -> bool:
    # Great Expectations writes null for an open end of a range.
    return value is None and key in ("min_value", "max_value", "strict_min", "strict_max")


def _form_errors(rule: Rule, given: Mapping[str, Json], forms: Mapping[str, Form]) -> Errors:
    for key, value in given.items():
        fits, form = forms[key]
        if not fits(value):
            yield _error(rule, f"'{key}' is {form}")


def _nulls_errors(rule: Rule, declared: bool) -> Errors:
    compiled = expectation_of(rule.type)
    if declared and compiled is not None and compiled.decides_nulls:
        yield _error(rule, f"`meta.nulls` has no meaning for {rule.type}; leave it out")
    if rule.kind != "great_expectations" or rule.nulls == "pass":
        return
    from lakehouse.quality import great_expectations_run

    if great_expectations_run.runs_on_rows(rule):
        hint = (
            "set `meta.nulls: pass`, and add expect_column_values_to_not_be_null if NULL is wrong"
        )
        yield _error(rule, f"Great Expectations ignores NULL in {rule.type}", hint)
