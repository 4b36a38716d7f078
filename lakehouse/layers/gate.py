"""The check of a refresh: the rules' verdict before the write, and the rows it parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import DataFrame

from lakehouse.quality.quarantine import flag, split
from lakehouse.quality.rules import Suite, check_columns
from lakehouse.quality.verdicts import Verdict, row_verdict, table_verdict


@dataclass(frozen=True)
class Checked:
    """Rows to write, rows for quarantine, and what the rules say of both."""

    accepted: DataFrame
    rejected: DataFrame
    verdict: Verdict


def check(
    frame: DataFrame,
    suite: Suite,
    *,
    day: str,
    would_be: Callable[[DataFrame], DataFrame],
) -> Checked:
    """Judge ``frame`` by the rules of ``suite``, the rows of each ``day`` on their own.

    ``would_be`` makes, of the accepted rows, the table as it would be: rules with ``scope: table``
    see that. Raises DeclarationError for a rule on a column that is not there.
    """
    check_columns(suite, frame.columns)
    flagged = flag(frame, suite)
    verdict = row_verdict(flagged, suite, day=day)
    accepted, rejected = split(flagged)
    if suite.table_rules:
        verdict = verdict.with_results(table_verdict(would_be(accepted), suite))
    return Checked(accepted, rejected, verdict)
