"""Run expectations that are not compiled with Great Expectations itself.

The import takes seconds, so it is deferred. Telemetry is off, frames are not persisted, and only
a boolean is requested: fuller results and the log would copy values of cells.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from lakehouse.errors import DeclarationError
from lakehouse.quality.literals import type_of
from lakehouse.quality.rules import Rule

if TYPE_CHECKING:
    from great_expectations.datasource.fluent.interfaces import Batch
    from great_expectations.expectations.expectation import Expectation

_ROW_TYPES = ("expect_column_value_", "expect_column_values_")
# On text columns these fail on a cell, which Spark's log then quotes.
_NEED_NUMBERS = (
    "expect_column_kl_divergence_to_be_less_than",
    "expect_column_quantile_values_to_be_between",
    "expect_column_value_z_scores_to_be_less_than",
    "expect_column_values_to_not_be_outliers",
)


def runs_on_rows(rule: Rule) -> bool:
    """Whether Great Expectations runs the rule on single rows, where it ignores NULL."""
    return rule.kind == "great_expectations" and rule.type.startswith(_ROW_TYPES)


def kwargs_errors(rule: Rule) -> list[DeclarationError]:
    """An error where Great Expectations rejects the kwargs of the rule."""
    try:
        _expectation(rule)
    except DeclarationError as refused:
        return [refused]
    return []


def holds(frame: DataFrame, rules: Sequence[Rule]) -> list[bool]:
    """Whether each rule holds on the frame, by Great Expectations.

    Raises DeclarationError for a rule that cannot be computed on these columns.
    """
    if not rules:
        return []
    _check_numbers(frame, rules)
    with _quiet():
        batch = _batch(frame)
        return [_holds(batch, rule) for rule in rules]


def _check_numbers(frame: DataFrame, rules: Sequence[Rule]) -> None:
    for rule in rules:
        for name in rule.columns if rule.type in _NEED_NUMBERS else ():
            if not isinstance(of := type_of(rule, name, frame.schema), T.NumericType):
                message = (
                    f"rule '{rule.id}': column '{name}' is a {of.simpleString()}, not a number"
                )
                raise DeclarationError(message, where=rule.where)


def _holds(batch: Batch, rule: Rule) -> bool:
    result = batch.validate(_expectation(rule), result_format="BOOLEAN_ONLY")
    # The exception's own text may quote a cell, so it is not repeated.
    if _has_raised(result.exception_info):
        message = f"rule '{rule.id}': Great Expectations cannot compute {rule.type} here"
        hint = f"look at the type of {', '.join(rule.columns) or 'its columns'}"
        raise DeclarationError(message, where=rule.where, hint=hint)
    return bool(result.success)


def _has_raised(info: dict[str, Any] | None) -> bool:
    details = info or {}
    nested = [value for value in details.values() if isinstance(value, dict)]
    return bool(details.get("raised_exception")) or any(map(_has_raised, nested))


def _expectation(rule: Rule) -> Expectation:
    _library()
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    try:
        configured = ExpectationConfiguration(type=rule.type, kwargs=dict(rule.kwargs))
        return configured.to_domain_obj()
    except Exception as problem:  # pydantic's own error, of the version that it bundles
        errors: list[dict[str, Any]] = getattr(problem, "errors", list)()
        reasons = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in errors)
        message = f"rule '{rule.id}': {rule.type} does not take these kwargs"
        raise DeclarationError(message, where=rule.where, hint=reasons or None) from None


def _batch(frame: DataFrame) -> Batch:
    context = _library().get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_spark("spark", persist=False)
    whole = source.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")
    return whole.get_batch({"dataframe": frame})


@cache
def _library() -> ModuleType:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    return import_module("great_expectations")


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the logger of Great Expectations, which quotes failing expressions."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)
