"""Flag each row with the row rules that it fails, so that predicates are compiled only once.

id | amount              id | amount | _rules      the bits of the rules that the row fails
1  |     5       flag    1  |     5  |      0
2  |    -1     ------->  2  |    -1  |      1      bit 0: amount_is_positive

split: accepted (1, 5); rejected (2, -1, ["amount_is_positive"])

A number takes a fraction of the memory of a struct of booleans where the rows are cached: rows that
pass all rules, which are most, are compressed to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.quality.builtin import MALFORMED
from lakehouse.quality.compiled import passes
from lakehouse.quality.rules import Rule, Suite

RULES = "_rules"
FAILED = "_failed_rules"
BITS = 62
"""The number of rules in one BIGINT; further ones are in ``_rules_1`` and so on."""


@dataclass(frozen=True)
class Flags:
    """The bit of each row rule, in the order of ``ids``."""

    ids: tuple[str, ...]

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> Flags:
        """The flags of the row rules among ``rules``."""
        return cls(tuple(rule.id for rule in rules if rule.kind == "row"))

    @property
    def columns(self) -> list[str]:
        """The columns of the flags; there is at least one."""
        numbers = range(max(1, -(-len(self.ids) // BITS)))
        return [f"{RULES}_{number}" if number else RULES for number in numbers]

    @property
    def hidden(self) -> list[str]:
        """The columns of a flagged frame that no table has."""
        return [*self.columns, MALFORMED]

    def add_to(self, frame: DataFrame, rules: Sequence[Rule]) -> DataFrame:
        """The frame with the flags of ``rules``, those that the flags were made of; same grain.

        Raises DeclarationError (file:line) for a rule that does not support the columns.
        """
        fails = [~passes(rule, frame.schema) for rule in rules if rule.kind == "row"]
        words = {}
        for number, name in enumerate(self.columns):
            bits = [
                F.when(failed, F.lit(1 << bit).cast("long")).otherwise(F.lit(0).cast("long"))
                for bit, failed in enumerate(fails[number * BITS : (number + 1) * BITS])
            ]
            words[name] = reduce(Column.bitwiseOR, bits, F.lit(0).cast("long"))
        return frame.withColumns(words)

    def is_passed(self, rule_id: str) -> Column:
        """Whether a flagged row passes a row rule; never NULL."""
        return ~self.fails_any([rule_id])

    def fails_any(self, rule_ids: Iterable[str]) -> Column:
        """Whether a flagged row fails one of these row rules; never NULL."""
        masks = dict.fromkeys(self.columns, 0)
        for rule_id in rule_ids:
            number, bit = divmod(self.ids.index(rule_id), BITS)
            masks[self.columns[number]] |= 1 << bit
        fails = [
            F.col(name).bitwiseAND(F.lit(mask).cast("long")) != F.lit(0).cast("long")
            for name, mask in masks.items()
            if mask
        ]
        return reduce(or_, fails) if fails else F.lit(False)


def flags_of(suite: Suite) -> Flags:
    """The flags of a batch that the suite checks."""
    return Flags.of(suite.row_rules)


def flag(frame: DataFrame, suite: Suite) -> DataFrame:
    """The rows with the flags of each row rule, built-in ones included. Same grain.

    The flags are never NULL. Raises DeclarationError (file:line) for a rule that does not support
    the columns.
    """
    return flags_of(suite).add_to(frame, suite.row_rules)


def is_rejected(suite: Suite) -> Column:
    """Whether a flagged row goes to quarantine: it fails a critical row rule. Never NULL."""
    return flags_of(suite).fails_any(rule.id for rule in _quarantining(suite))


def split(flagged: DataFrame, suite: Suite) -> tuple[DataFrame, DataFrame]:
    """Split the rows into those to write and those for quarantine, with ``_failed_rules``.

    Every row is in one of the two frames, without the hidden columns. ``_failed_rules`` has the ids
    of the critical row rules that the row fails, in the order of the suite.
    """
    rejects, hidden = is_rejected(suite), flags_of(suite).hidden
    rejected = flagged.where(rejects).withColumn(FAILED, _failed_rules(suite))
    return flagged.where(~rejects).drop(*hidden), rejected.drop(*hidden)


def _failed_rules(suite: Suite) -> Column:
    # Joined as text and split again: filtering an array takes a lambda, which switches whole-stage
    # code generation off. An id is in snake_case, so ',' can separate ids.
    flags = flags_of(suite)
    ids = [F.when(~flags.is_passed(rule.id), F.lit(rule.id)) for rule in _quarantining(suite)]
    return F.split(F.concat_ws(",", *ids), ",")


def _quarantining(suite: Suite) -> list[Rule]:
    return [rule for rule in suite.rules if rule.quarantines]
