"""The verdict on a frame: whether it may be written, and which rules say so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pyspark.sql import DataFrame

from lakehouse.quality import results
from lakehouse.quality.judging import judge
from lakehouse.quality.results import RuleResult
from lakehouse.quality.rules import Suite


@dataclass(frozen=True)
class Verdict:
    """What the rules say of a batch. ``rows_quarantined`` counts the rows that fail a critical
    row rule or came malformed."""

    rows_read: int
    rows_quarantined: int
    results: tuple[RuleResult, ...]

    @property
    def stopped(self) -> tuple[RuleResult, ...]:
        """The results that stop the write; one failing day stops the whole batch."""
        return results.stopping(self.results)

    def with_results(self, more: Iterable[RuleResult]) -> Verdict:
        """The same verdict with further results, such as those on the table."""
        return replace(self, results=(*self.results, *more))

    def as_json(self) -> str:
        """The results as the run's record keeps them."""
        return results.as_json(self.results)

    def message(self, table: str) -> str:
        """A line for each rule that is not met, those that stop the write first."""
        return results.message(self.results, table)


def row_verdict(flagged: DataFrame, suite: Suite, day: str = "_known_date") -> Verdict:
    """The verdict of the rules of day scope on the rows offered, each business day by itself.

    A frame without the column ``day`` is one group. A row rule counts the rows of the day that
    pass it, NULL as the rule says, over all rows of the day. Malformed rows are counted and
    never stop the batch. No rows: no results. Raises DeclarationError (file:line) for a rule
    that does not suit the columns.
    """
    of_day = day if day in flagged.columns else None
    groups = judge(flagged, suite, suite.day_rules, day=of_day, well_formed=0.0)
    offered = [group for group in groups if group.rows > 0]
    return Verdict(
        rows_read=sum(group.rows for group in offered),
        rows_quarantined=sum(group.quarantined for group in offered),
        results=tuple(result for group in offered for result in group.results),
    )


def table_verdict(frame: DataFrame, suite: Suite) -> list[RuleResult]:
    """The results of the rules of table scope on the table as it would be, one a rule.

    An empty table is judged by the rules on all rows (its row count, say) and no other.
    """
    if not suite.table_rules:
        return []
    return [r for g in judge(frame, suite, suite.table_rules, day=None) for r in g.results]


def verdict_of(frame: DataFrame, suite: Suite) -> list[RuleResult]:
    """The results of every rule on the whole frame, whatever its scope: for ``check``.

    A malformed row (column ``_malformed``, where it is there) fails the check.
    """
    return [r for g in judge(frame, suite, suite.rules, day=None) for r in g.results]
