"""Compare values with a range or a set, in the column's type."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from lakehouse.errors import DeclarationError
from lakehouse.quality.literals import Comparable, column, in_python, literal, type_of

if TYPE_CHECKING:
    from pyspark.sql import Column
    from pyspark.sql import types as T

    from lakehouse.quality.rules import Rule

ENDS = ("min_value", "max_value")
"""The kwargs of a range; at least one must be given."""
STRICT = ("strict_min", "strict_max")
"""The kwargs that make an end open."""


def within(rule: Rule, tested: Column, of: T.DataType) -> Column:
    """Whether ``tested`` is within the rule's range, inclusive unless strict; NULL for NULL.

    Raises DeclarationError for ends of another type than ``of``, or in reverse order.
    """
    low, high = rule.kwargs.get("min_value"), rule.kwargs.get("max_value")
    if low is not None and high is not None:
        _check_order(rule, in_python(rule, low, of), in_python(rule, high, of))
    inside = []
    if low is not None:
        end = literal(rule, low, of)
        inside.append(tested > end if rule.kwargs.get("strict_min") else tested >= end)
    if high is not None:
        end = literal(rule, high, of)
        inside.append(tested < end if rule.kwargs.get("strict_max") else tested <= end)
    return reduce(and_, inside)


def _check_order(rule: Rule, low: Comparable, high: Comparable) -> None:
    if low > high:
        message = f"rule '{rule.id}': min_value is above max_value"
        raise DeclarationError(message, where=rule.where)


def in_set(rule: Rule, schema: T.StructType) -> Column:
    """Whether the column's value is one of the rule's ``value_set``; NULL for NULL."""
    name, values = rule.kwargs["column"], rule.kwargs["value_set"]
    of = type_of(rule, name, schema)
    return column(name).isin([literal(rule, value, of) for value in values])
