"""Flag each row with the row rules that it passes, so that predicates are compiled only once.

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

    ``_rules`` is a struct of booleans that are never NULL. Same grain. Raises DeclarationError
    (file:line) for a rule that does not support the columns.
    """
    return flag_rules(frame, suite.row_rules)


def flag_rules(frame: DataFrame, rules: Iterable[Rule]) -> DataFrame:
    """``flag`` with the row rules among ``rules``."""
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
    """Split the rows into those to write and those for quarantine, with ``_failed_rules``.

    Every row is in one of the two frames, without the hidden columns. ``_failed_rules`` has the ids
    of the critical row rules that the row fails, in the order of the suite.
    """
    rejects = is_rejected(suite)
    rejected = flagged.where(rejects).withColumn(FAILED, _failed_rules(suite))
    return flagged.where(~rejects).drop(*HIDDEN), rejected.drop(*HIDDEN)


def _failed_rules(suite: Suite) -> Column:
    # Joined as text and split again: filtering an array takes a lambda, which switches whole-stage
    # code generation off. An id is in snake_case, so ',' can separate ids.
    ids = [F.when(~is_passed(rule.id), F.lit(rule.id)) for rule in _quarantining(suite)]
    return F.split(F.concat_ws(",", *ids), ",")


def _quarantining(suite: Suite) -> list[Rule]:
    return [rule for rule in suite.rules if rule.quarantines]
