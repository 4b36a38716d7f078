"""Evaluate suites on frames, day by day, with one aggregation for all compiled rules.

A batch is flagged first (``row_flags.flag``); for row rules the flags are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from lakehouse.config.yaml_file import shown
from lakehouse.quality import great_expectations_run
from lakehouse.quality.builtin import MALFORMED, well_formed
from lakehouse.quality.compiled import holds
from lakehouse.quality.expectations.nulls import WELL_FORMED
from lakehouse.quality.literals import column
from lakehouse.quality.results import RuleResult, share_suffices
from lakehouse.quality.row_flags import Flags, flags_of, is_rejected
from lakehouse.quality.rules import Rule, Suite
from lakehouse.quality.uniqueness import count_unique
from lakehouse.quality.verdict import Verdict


def evaluate(flagged: DataFrame, suite: Suite, *, day: str | None) -> Verdict:
    """The verdict of the rules of day scope on a flagged batch, for each business day separately.

    ``day`` names the column of the business day; with None the batch is one group. A row rule
    compares the rows of the day that pass (NULL as the rule's ``nulls`` says) with all rows of the
    day. No rows give no results. Raises DeclarationError (file:line) for a rule that does not
    support the columns.
    """
    flags = flags_of(suite)
    quarantining = [rule.id for rule in suite.rules if rule.quarantines]
    # Rules of day scope are counted in any case.
    others = set(quarantining).difference(rule.id for rule in suite.day_rules)
    counts = [F.count_if(flags.is_passed(rule)).alias(rule) for rule in sorted(others)]
    rejected = F.count_if(is_rejected(suite)).alias("_rejected")
    groups = [
        group
        for group in _groups(flagged, flags, suite.day_rules, day, more=[rejected, *counts])
        if group.rows > 0
    ]
    failed = {
        rule: sum(group.rows - group.counts[rule] for group in groups) for rule in quarantining
    }
    return Verdict(
        rows_read=sum(group.rows for group in groups),
        rows_quarantined=sum(group.counts["_rejected"] for group in groups),
        results=tuple(result for group in groups for result in group.results),
        failed={rule: rows for rule, rows in failed.items() if rows},
        malformed=_malformed_values(flagged) if failed.get(WELL_FORMED) else {},
        days=tuple(group.day for group in groups if group.day is not None),
    )


def evaluate_table(
    frame: DataFrame, suite: Suite, quarantined: DataFrame | None = None
) -> list[RuleResult]:
    """The results of the rules of table scope on the table as it would be after the write.

    ``frame`` is not flagged. ``quarantined`` are the rows that failed a row rule and so are not in
    ``frame``; they count only for rules whose share is taken over the table by default (see
    ``Suite.with_default_scope``). On an empty table only the rules on all rows are evaluated, such
    as its row count.
    """
    shares = [rule for rule in suite.table_rules if rule.is_flagged]
    others = [rule for rule in suite.table_rules if not rule.is_flagged]
    if quarantined is None:
        return _whole(frame, suite.table_rules)
    missing = set(frame.columns) - set(quarantined.columns)
    offered = frame.unionByName(
        quarantined.select(*(column(name) for name in frame.columns if name not in missing)),
        allowMissingColumns=True,
    )
    results = {r.rule: r for r in (*_whole(frame, others), *_whole(offered, shares))}
    return [results[rule.id] for rule in suite.table_rules if rule.id in results]


def evaluate_all(frame: DataFrame, suite: Suite) -> list[RuleResult]:
    """The results of all rules on the whole frame, regardless of scope, for ``check``.

    ``frame`` is not flagged. If it has a column ``_malformed``, every row must be well formed,
    regardless of the share that the suite declares.
    """
    rules = [rule for rule in suite.rules if rule.type != WELL_FORMED]
    strict = [well_formed(shown(suite.file), mostly=1.0)] if MALFORMED in frame.columns else []
    return _whole(frame, [*strict, *rules])


@dataclass(frozen=True)
class _Group:
    """Counts and results of one day, or of the whole frame (``day`` None)."""

    day: date | None
    rows: int
    counts: Mapping[str, Any]
    results: tuple[RuleResult, ...]


def _whole(frame: DataFrame, rules: Sequence[Rule]) -> list[RuleResult]:
    """The results of rules on an unflagged frame as one group."""
    if not rules:
        return []
    flags = Flags.of(rules)
    groups = _groups(flags.add_to(frame, rules), flags, rules, None)
    return [result for group in groups for result in group.results]


def _groups(
    flagged: DataFrame,
    flags: Flags,
    rules: Sequence[Rule],
    day: str | None,
    more: Sequence[Column] = (),
) -> list[_Group]:
    """Evaluate the rules on each day of the frame, in order; on the whole frame if ``day`` is None.

    Row rules have no result on a group without rows. Only counts and verdicts are collected.
    """
    by_day = [column(day).alias("_day")] if day else []
    rows = flagged.groupBy(*by_day).agg(*_aggregates(flagged, flags, rules), *more).collect()
    unique = count_unique(flagged, [rule for rule in rules if rule.kind == "unique"], day)
    groups = []
    for row in sorted(map(Row.asDict, rows), key=lambda row: str(row.get("_day"))):
        at = row.setdefault("_day", None)
        outcomes = {rule.id: row[rule.id] for rule in rules if rule.id in row}
        outcomes |= {rule: passed for (rule, on), passed in unique.items() if on == at}
        outcomes |= _run_great_expectations(flagged.drop(*flags.hidden), rules, day, at)
        groups.append(_Group(at, row["_rows"], row, tuple(_results(row, rules, outcomes))))
    return groups


def _aggregates(flagged: DataFrame, flags: Flags, rules: Sequence[Rule]) -> Iterator[Column]:
    yield F.count(F.lit(1)).alias("_rows")
    for rule in rules:
        if rule.kind == "row":
            yield F.count_if(flags.is_passed(rule.id)).alias(rule.id)
        elif rule.kind == "total":
            yield holds(rule, flagged.schema).alias(rule.id)


def _run_great_expectations(
    frame: DataFrame, rules: Sequence[Rule], day: str | None, at: date | None
) -> dict[str, bool]:
    others = [rule for rule in rules if rule.kind == "great_expectations"]
    rows = frame.where(column(day).eqNullSafe(F.lit(at))).drop(day) if day else frame
    outcomes = great_expectations_run.holds(rows, others)
    return {rule.id: ok for rule, ok in zip(others, outcomes, strict=True)}


def _results(
    row: Mapping[str, Any], rules: Sequence[Rule], outcomes: Mapping[str, bool | int]
) -> Iterator[RuleResult]:
    for rule in rules:
        counts_rows = rule.kind in ("row", "unique") or great_expectations_run.runs_on_rows(rule)
        if row["_rows"] > 0 or not counts_rows:
            yield _result(row, rule, outcomes[rule.id])


def _result(row: Mapping[str, Any], rule: Rule, outcome: bool | int) -> RuleResult:
    passed = None if isinstance(outcome, bool) else outcome
    return RuleResult(
        rule=rule.id,
        type=rule.type,
        severity=rule.severity,
        day=row["_day"],
        rows=row["_rows"],
        passed=passed,
        mostly=rule.mostly,
        ok=share_suffices(outcome, row["_rows"], rule.mostly)
        if passed is not None
        else bool(outcome),
        where=rule.where,
    )


def _malformed_values(flagged: DataFrame) -> dict[str, int]:
    """How many values of each declared column did not fit, and under ``unparsed`` how many rows
    could not be parsed. A separate job, only for batches with malformed rows."""
    names = F.explode(F.split(F.col(MALFORMED), ",")).alias("column")
    counts = flagged.where(F.col(MALFORMED).isNotNull()).select(names).groupBy("column").count()
    return {row["column"]: row["count"] for row in counts.collect() if row["column"]}
