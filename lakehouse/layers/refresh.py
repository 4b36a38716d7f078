"""The outcome of one table's refresh: what the run record, the terminal and the report show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from lakehouse.errors import GateFailed, LakehouseError, RunFailed
from lakehouse.layers.lake import Run
from lakehouse.quality.results import RuleResult
from lakehouse.quality.verdicts import Verdict

Status = Literal["passed", "failed", "skipped"]


@dataclass
class Refresh:
    """One table's refresh. Counts are rows, with the meaning of DESIGN's point 5."""

    table: str
    status: Status = "passed"
    rows_input: int = 0
    rows_read: int = 0
    rows_written: int = 0
    rows_quarantined: int = 0
    rows_superseded: int = 0
    input_versions: dict[str, int] = field(default_factory=dict)
    output_version: int | None = None
    seconds: float = 0.0
    message: str = ""
    rules: list[RuleResult] = field(default_factory=list)
    error: LakehouseError | None = None
    alerts: list[str] = field(default_factory=list)

    def assert_nothing_lost(self, *, changes_rows: bool) -> None:
        """Raise RunFailed unless every row that was read is written, quarantined or superseded."""
        kept = self.rows_written + self.rows_quarantined + self.rows_superseded
        if self.rows_read != kept or self.rows_superseded < 0:
            raise RunFailed(
                f"rows were lost or doubled: {self.rows_read} read, {self.rows_written} written, "
                f"{self.rows_quarantined} quarantined, {self.rows_superseded} superseded",
                where=self.table,
            )
        if not changes_rows and self.rows_input != self.rows_read:
            raise RunFailed(
                f"{self.rows_input} rows came in and {self.rows_read} left the shape",
                where=self.table,
                hint="a shape that filters or explodes declares changes_rows: true",
            )


def skipped(table: str, why: str, **known: Any) -> Refresh:
    """A refresh with nothing to do."""
    return Refresh(table, status="skipped", message=why, **known)


def stopped(outcome: Refresh, verdict: Verdict, run: Run) -> Refresh:
    """The outcome of a batch that a gate stopped: nothing of the table was written."""
    outcome.status = "failed"
    outcome.message = verdict.message(outcome.table)
    name = outcome.table.replace(".", "_")
    days = f"--date {run.end}" if run.start == run.end else f"--start {run.start} --end {run.end}"
    look = f"; {outcome.rows_quarantined:,} rows to look at in quarantine.{name} (run {run.run_id})"
    outcome.error = GateFailed(
        outcome.message,
        hint=(
            f"nothing of {outcome.table} was written{look if outcome.rows_quarantined else ''}\n"
            f"  again after a fix: lakehouse {run.step} {days} --tables {outcome.table}"
        ),
    )
    return outcome


def exit_code(refreshes: Iterable[Refresh]) -> int:
    """The worst exit code among the errors of the refreshes; 0 without any."""
    return max((r.error.exit_code for r in refreshes if r.error), default=0)
