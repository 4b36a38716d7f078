"""Rules compiled to Columns that are never NULL: a predicate per row, or an aggregate."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from lakehouse.errors import RunFailed
from lakehouse.quality.expectations.registry import expectation_of
from lakehouse.quality.rules import Rule


def passes(rule: Rule, schema: T.StructType) -> Column:
    """Whether a row passes the rule: true or false. NULL fails unless the rule's ``nulls`` is
    ``pass``; a value that cannot be cast to the type it is compared with always fails.

    Raises DeclarationError where the rule does not support the types of its columns.
    """
    expectation = expectation_of(rule.type)
    if expectation is None or expectation.predicate is None:
        raise RunFailed(f"'{rule.type}' has no predicate", where=rule.where)
    met, excused = expectation.predicate(rule, schema)
    is_met = F.coalesce(met, F.lit(False))
    return (excused | is_met) if rule.nulls == "pass" else is_met


def holds(rule: Rule, schema: T.StructType) -> Column:
    """An aggregate that is true if the rule holds; never NULL. NULL cells are ignored.

    Raises DeclarationError where the rule does not support the type of its column.
    """
    expectation = expectation_of(rule.type)
    if expectation is None or expectation.aggregate is None:
        raise RunFailed(f"'{rule.type}' has no aggregate", where=rule.where)
    return F.coalesce(expectation.aggregate(rule, schema), F.lit(False))
