"""Rules judged on a frame, group by group: one aggregate for whatever is compiled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from lakehouse.config.yaml_file import shown
from lakehouse.quality import great_expectations_run, totals
from lakehouse.quality.literals import column
from lakehouse.quality.quarantine import FAILED, MALFORMED, WARNED, is_malformed
from lakehouse.quality.results import RuleResult, share_suffices
from lakehouse.quality.row_rules import passes
from lakehouse.quality.rules import WELL_FORMED, Rule, Suite
from lakehouse.quality.uniqueness import count_unique


@dataclass(frozen=True)
class Group:
    """The rows of one day, or the whole frame (``day`` None), and what the rules say of them."""

    day: date | None
    rows: int
    quarantined: int
    results: tuple[RuleResult, ...]


def judge(
    frame: DataFrame,
    suite: Suite,
    rules: Sequence[Rule],
    *,
    day: str | None,
    well_formed: float = 1.0,
) -> list[Group]:
    """The rules on each day of the frame, days in order; on the whole frame where ``day`` is
    None. ``well_formed`` is the share of rows that must not be malformed.

    Rules on rows have no result where there are no rows. Only counts and verdicts are collected.
    """
    by_day = [column(day).alias("_day")] if day else []
    rows = frame.groupBy(*by_day).agg(*_aggregates(frame, rules)).collect()
    unique = count_unique(frame, [rule for rule in rules if rule.kind == "unique"], day)
    groups = []
    for row in sorted(map(Row.asDict, rows), key=lambda row: str(row.get("_day"))):
        at = row.setdefault("_day", None)
        outcomes = {rule.id: row[rule.id] for rule in rules if rule.id in row}
        outcomes |= {rule: passed for (rule, on), passed in unique.items() if on == at}
        outcomes |= _left_to_great_expectations(frame, rules, day, at)
        results = (*_well_formed(row, suite, well_formed), *_results(row, rules, outcomes))
        groups.append(Group(at, row["_rows"], row["_quarantined"], results))
    return groups


def _aggregates(frame: DataFrame, rules: Sequence[Rule]) -> Iterator[Column]:
    yield F.count(F.lit(1)).alias("_rows")
    fails = [F.lit(False)]
    if MALFORMED in frame.columns:
        yield F.count_if(~is_malformed()).alias(WELL_FORMED)
        fails.append(is_malformed())
    for rule in rules:
        if rule.kind == "row":
            met = passes(rule, frame.schema)
            yield F.count_if(met).alias(rule.id)
            fails += [~met] if rule.severity == "critical" else []
        elif rule.kind == "total":
            yield totals.holds(rule, frame.schema).alias(rule.id)
    yield F.count_if(reduce(or_, fails)).alias("_quarantined")


def _left_to_great_expectations(
    frame: DataFrame, rules: Sequence[Rule], day: str | None, at: date | None
) -> dict[str, bool]:
    left = [rule for rule in rules if rule.kind == "great_expectations"]
    own_columns = [FAILED, WARNED, MALFORMED, *([day] if day else [])]
    rows = frame.where(column(day).eqNullSafe(F.lit(at))) if day else frame
    held = great_expectations_run.holds(rows.drop(*own_columns), left)
    return {rule.id: ok for rule, ok in zip(left, held, strict=True)}


def _results(
    row: Mapping[str, Any], rules: Sequence[Rule], outcomes: Mapping[str, bool | int]
) -> Iterator[RuleResult]:
    for rule in rules:
        judged_by_row = rule.kind in ("row", "unique") or great_expectations_run.judges_rows(rule)
        if row["_rows"] > 0 or not judged_by_row:
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


def _well_formed(row: Mapping[str, Any], suite: Suite, mostly: float) -> Iterator[RuleResult]:
    if WELL_FORMED in row and row["_rows"] > 0:
        passed = row[WELL_FORMED]
        yield RuleResult(
            rule=WELL_FORMED,
            type=WELL_FORMED,
            severity="critical",
            day=row["_day"],
            rows=row["_rows"],
            passed=passed,
            mostly=mostly,
            ok=share_suffices(passed, row["_rows"], mostly),
            where=shown(suite.file),
        )
