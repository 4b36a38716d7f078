"""Row rules, compiled once: whatever asks later which rows fail reads the flags of ``_rules``.

id | amount              id | amount | _rules
1  |     5       flag    1  |     5  | {amount_is_positive: true}
2  |    -1     ------->  2  |    -1  | {amount_is_positive: false}

split: accepted (1, 5); rejected (2, -1, ["amount_is_positive"])
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.quality.builtin import MALFORMED
from lakehouse.quality.compiled import passes
from lakehouse.quality.rules import Rule, Suite

RULES = "_rules"
FAILED = "_failed_rules"
HIDDEN = (RULES, MALFORMED)


def flag(frame: DataFrame, suite: Suite) -> DataFrame:
    """The rows with ``_rules``: for each row rule, built-in ones included, whether the row passes.

    A struct of booleans, none of them NULL. Same rows, same grain; the only place where predicates
    are compiled for a batch. Raises DeclarationError (file:line) for a rule that does not suit the
    columns.
    """
    return flag_rules(frame, suite.row_rules)


def flag_rules(frame: DataFrame, rules: Iterable[Rule]) -> DataFrame:
    """``flag`` with these row rules."""
    flags = [passes(rule, frame.schema).alias(rule.id) for rule in rules if rule.kind == "row"]
    return frame.withColumn(RULES, F.struct(*flags))


def is_passed(rule_id: str) -> Column:
    """Whether a flagged row passes a row rule; never NULL."""
    return F.col(RULES).getField(rule_id)


def is_rejected(suite: Suite) -> Column:
    """Whether a flagged row goes to quarantine: it fails a critical row rule. Never NULL."""
    fails = [~is_passed(rule.id) for rule in _quarantining(suite)]
    return reduce(or_, fails, F.lit(False))


def split(flagged: DataFrame, suite: Suite) -> tuple[DataFrame, DataFrame]:
    """The rows to write, and those for quarantine with ``_failed_rules``; every row is in one.

    Neither keeps the hidden columns. ``_failed_rules`` holds the ids of the critical row rules
    that the row fails, in the order of the suite.
    """
    rejects = is_rejected(suite)
    rejected = flagged.where(rejects).withColumn(FAILED, _failed_rules(suite))
    return flagged.where(~rejects).drop(*HIDDEN), rejected.drop(*HIDDEN)


def _failed_rules(suite: Suite) -> Column:
    # As text first: a filter of an array is a lambda, which takes Spark's compiled code from the
    # whole row. An id is a snake_case word, so ',' parts them.
    ids = [F.when(~is_passed(rule.id), F.lit(rule.id)) for rule in _quarantining(suite)]
    return F.split(F.concat_ws(",", *ids), ",")


def _quarantining(suite: Suite) -> list[Rule]:
    return [rule for rule in suite.rules if rule.quarantines]
