"""Which rules each row fails, and the parting of the rows by it."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.quality.literals import column
from lakehouse.quality.row_rules import passes
from lakehouse.quality.rules import WELL_FORMED, Rule, Suite

MALFORMED = "_malformed"
FAILED = "_failed_rules"
WARNED = "_warned_rules"


def flag(df: DataFrame, suite: Suite, malformed: str = MALFORMED) -> DataFrame:
    """The rows with ``_failed_rules`` and ``_warned_rules``, ids in the order of the suite.

    ``_failed_rules`` holds the critical row rules of day scope, ``row_is_well_formed`` first
    where the column ``malformed`` is there and true; ``_warned_rules`` the warning and info ones.
    Both are empty, never NULL, for a row that passes. Raises DeclarationError (file:line) for a
    rule that does not suit the columns.
    """
    critical = [rule for rule in suite.row_rules if rule.severity == "critical"]
    others = [rule for rule in suite.row_rules if rule.severity != "critical"]
    built_in = [F.when(is_malformed(malformed), F.lit(WELL_FORMED))]
    first = built_in if malformed in df.columns else []
    failed = [*first, *_ids_failed(df, critical)]
    return df.withColumns({FAILED: _present(failed), WARNED: _present(_ids_failed(df, others))})


def is_malformed(malformed: str = MALFORMED) -> Column:
    """Whether the row did not fit its declared columns when it came; NULL is no."""
    return F.coalesce(column(malformed), F.lit(False))


def split(flagged: DataFrame) -> tuple[DataFrame, DataFrame]:
    """The rows to write, without the rules' columns, and those for quarantine, with
    ``_failed_rules``. Neither keeps ``_malformed`` or ``_warned_rules``; every row is in one."""
    fails = F.size(FAILED) > 0
    accepted = flagged.where(~fails).drop(FAILED, WARNED, MALFORMED)
    return accepted, flagged.where(fails).drop(WARNED, MALFORMED)


def _ids_failed(df: DataFrame, rules: Sequence[Rule]) -> list[Column]:
    return [F.when(~passes(rule, df.schema), F.lit(rule.id)) for rule in rules]


def _present(ids: Sequence[Column]) -> Column:
    """Those of the ids that are not NULL.

    As text first: a filter of an array is a lambda, which takes Spark's compiled code from the
    whole row. An id is a snake_case word, so ',' parts them.
    """
    none = F.array().cast("array<string>")
    if not ids:
        return none
    joined = F.concat_ws(",", *ids)
    return F.when(joined == "", none).otherwise(F.split(joined, ","))
