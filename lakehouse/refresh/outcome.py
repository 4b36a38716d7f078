"""The outcome of one table's refresh, for the run record, the terminal and the report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from lakehouse.errors import GateFailed, LakehouseError, RunFailed
from lakehouse.quality.results import RuleResult
from lakehouse.sources.file_record import FileRecord

Status = Literal["passed", "failed", "skipped"]
_COUNTS = (
    *("rows_input", "rows_read", "rows_written"),
    *("rows_quarantined", "rows_superseded", "rows_rescued", "rows_deleted"),
)


@dataclass
class RefreshOutcome:
    """The outcome of one table's refresh. Counts are rows.

    ``rows_input`` come from the source, ``rows_read`` are offered to the rules, ``rows_written``
    are accepted and stored, ``rows_superseded`` are exact repeats and older rows. ``rows_deleted``
    are keys that were absent from a whole dump; no row stands for them, so no other count has them.

    ``reasons`` say why rows were quarantined or rescued, without values; ``is_partial`` marks a
    source of which some files could not be loaded, ``has_more`` one of which more batches follow.
    """

    table: str
    status: Status = "passed"
    rows_input: int = 0
    rows_read: int = 0
    rows_written: int = 0
    rows_quarantined: int = 0
    rows_superseded: int = 0
    rows_rescued: int = 0
    rows_deleted: int = 0
    input_versions: dict[str, int] = field(default_factory=dict)
    output_version: int | None = None
    seconds: float | None = 0.0
    message: str = ""
    rules: list[RuleResult] = field(default_factory=list)
    error: LakehouseError | None = None
    alerts: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    files: list[FileRecord] = field(default_factory=list)
    is_partial: bool = False
    has_more: bool = False

    @property
    def blocks(self) -> bool:
        """Whether tables that read this one must wait."""
        return self.error is not None and not self.is_partial

    def assert_counts_add_up(self, *, changes_rows: bool) -> None:
        """Raise RunFailed unless each row read was written, quarantined or superseded."""
        kept = self.rows_written + self.rows_quarantined + self.rows_superseded
        if self.rows_read != kept or self.rows_superseded < 0:
            raise RunFailed(
                f"rows were lost or duplicated: {self.rows_read} read, "
                f"{self.rows_written} written, {self.rows_quarantined} quarantined, "
                f"{self.rows_superseded} superseded",
                where=self.table,
            )
        if not changes_rows and self.rows_input != self.rows_read:
            raise RunFailed(
                f"the transformation made {self.rows_read} rows of {self.rows_input}",
                where=self.table,
                hint="a transformation that filters or explodes declares changes_rows: true",
            )


def join_outcomes(first: RefreshOutcome, second: RefreshOutcome) -> RefreshOutcome:
    """The outcome of two successive batches of one table: counts are added up.

    ``files`` are those of the second batch; those of the first have been recorded.
    """
    both, written = (first, second), [o for o in (first, second) if o.output_version is not None]
    errors = [outcome.error for outcome in both if outcome.error is not None]
    error = errors[0] if errors else None
    if error is not None and len(errors) > 1:
        message = "; ".join(each.message for each in errors)
        error = type(error)(message, where=error.where, hint=error.hint)
    failed = next((outcome for outcome in both if outcome.error is not None), None)
    return replace(
        second,
        **{name: getattr(first, name) + getattr(second, name) for name in _COUNTS},
        status=failed.status if failed else "passed" if written else second.status,
        message=error.message if error else second.message,
        error=error,
        output_version=written[-1].output_version if written else None,
        is_partial=first.is_partial or second.is_partial,
        alerts=list(dict.fromkeys([*first.alerts, *second.alerts])),
        reasons=list(dict.fromkeys([*first.reasons, *second.reasons])),
    )


def skipped_outcome(
    table: str,
    why: str,
    *,
    alerts: Sequence[str] = (),
    error: LakehouseError | None = None,
    files: Sequence[FileRecord] = (),
) -> RefreshOutcome:
    """The outcome of a refresh with nothing to do, or of one that was refused (``error``)."""
    return RefreshOutcome(
        table, status="skipped", message=why, alerts=[*alerts], error=error, files=[*files]
    )


def stopped_outcome(
    outcome: RefreshOutcome, message: str, retry: str, run_id: str
) -> RefreshOutcome:
    """The outcome of a batch that a gate stopped: no row of the table was written."""
    name = outcome.table.replace(".", "_")
    look = f"; {outcome.rows_quarantined:,} rows to look at in quarantine.{name} (run {run_id})"
    outcome.status = "failed"
    outcome.message = message
    outcome.error = GateFailed(
        message,
        hint=(
            f"nothing of {outcome.table} was written{look if outcome.rows_quarantined else ''}\n"
            f"  after a fix, run: {retry}"
        ),
    )
    return outcome


def exit_code(outcomes: Iterable[RefreshOutcome]) -> int:
    """The worst exit code among the errors of the outcomes; 0 without any."""
    return max((o.error.exit_code for o in outcomes if o.error), default=0)
