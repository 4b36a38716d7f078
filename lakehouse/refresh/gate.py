"""The check of a refresh: the rules' verdict before the write, and the rows it parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import DataFrame

from lakehouse.errors import LakehouseError, RunFailed
from lakehouse.quality.evaluate import evaluate, evaluate_table
from lakehouse.quality.row_flags import flag, split
from lakehouse.quality.rules import Suite, check_columns
from lakehouse.quality.verdict import Verdict
from lakehouse.sources.file_record import FileRecord


@dataclass(frozen=True)
class Checked:
    """Rows to write, rows for quarantine, and what the rules say of both.

    ``files`` and ``error`` are those of a source: what became of each file, and the files that
    could not be loaded.
    """

    accepted: DataFrame | None
    rejected: DataFrame | None
    verdict: Verdict
    reasons: list[str] = field(default_factory=list)
    files: list[FileRecord] = field(default_factory=list)
    error: LakehouseError | None = None
    rows_rescued: int = 0
    tag: dict[str, Any] = field(default_factory=dict)

    @property
    def rows_accepted(self) -> int:
        """How many rows are to be written."""
        return self.verdict.rows_read - self.verdict.rows_quarantined

    @property
    def rows(self) -> DataFrame:
        """The accepted rows of a batch that is written."""
        if self.accepted is None:
            raise RunFailed("there are no rows to write")
        return self.accepted


def check_rules(
    frame: DataFrame,
    suite: Suite,
    *,
    day: str | None,
    keep: Callable[[DataFrame], DataFrame],
    table_after: Callable[[DataFrame], DataFrame],
    types: Mapping[str, str] | None = None,
    quarantined: Callable[[DataFrame], DataFrame] = lambda rejected: rejected,
) -> Checked:
    """Evaluate the rules of ``suite`` on ``frame``, the rows of each ``day`` on their own.

    Predicates are compiled once, and the frame is computed once (``keep``). ``table_after`` makes,
    of the accepted rows, the table as it would be: rules with ``scope: table`` see that. ``types``
    are the declared types of columns, for the reasons; ``quarantined`` makes of the rejected rows
    all rows that the table lacks because they failed a rule. Raises DeclarationError for a rule
    on a column that is not there.
    """
    check_columns(suite, frame.columns)
    flagged = keep(flag(frame, suite))
    verdict = evaluate(flagged, suite, day=day if day in frame.columns else None)
    accepted, rejected = split(flagged, suite)
    if suite.table_rules:
        verdict = verdict.with_results(
            evaluate_table(table_after(accepted), suite, quarantined(rejected))
        )
    return Checked(accepted, rejected, verdict, reasons=verdict.reasons(types))
