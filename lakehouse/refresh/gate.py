"""The gate of a refresh: evaluate the rules before the write, and split accepted from rejected."""

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
    """Rows to write, rows for quarantine, and the verdict of the rules.

    Bronze sets ``files``, the outcome of each file, and ``error``, the files that could not be
    loaded. ``changes`` are those between whole dumps (see ``refresh.dumps``). ``alerts`` are
    warnings for whoever reads the run.
    """

    accepted: DataFrame | None
    rejected: DataFrame | None
    verdict: Verdict
    reasons: list[str] = field(default_factory=list)
    files: list[FileRecord] = field(default_factory=list)
    error: LakehouseError | None = None
    rows_rescued: int = 0
    tag: dict[str, Any] = field(default_factory=dict)
    changes: DataFrame | None = None
    alerts: list[str] = field(default_factory=list)

    @property
    def rows_accepted(self) -> int:
        """The number of accepted rows."""
        return self.verdict.rows_read - self.verdict.rows_quarantined

    @property
    def rows(self) -> DataFrame:
        """The accepted rows. Raises RunFailed where there are none to write."""
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
    quarantined: Callable[[DataFrame, int], DataFrame | None] = lambda rejected, _: rejected,
) -> Checked:
    """Evaluate the rules of ``suite`` on ``frame``, separately for each value of ``day``.

    Predicates are compiled once, and ``keep`` caches the frame. ``table_after`` turns the accepted
    rows into the table as it would be after the write; rules with ``scope: table`` are evaluated
    on that. ``quarantined`` extends the rejected rows, of which it is given the number, to all
    rejected rows that the table lacks; None where there are none.
    ``types`` are the declared column types, for the reasons. Raises DeclarationError for a rule on
    a missing column.
    """
    check_columns(suite, frame.columns)
    flagged = keep(flag(frame, suite))
    verdict = evaluate(flagged, suite, day=day if day in frame.columns else None)
    accepted, rejected = split(flagged, suite)
    if suite.table_rules:
        verdict = verdict.with_results(
            evaluate_table(
                table_after(accepted), suite, quarantined(rejected, verdict.rows_quarantined)
            )
        )
    return Checked(accepted, rejected, verdict, reasons=verdict.reasons(types))
