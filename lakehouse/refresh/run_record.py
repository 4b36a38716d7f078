"""The record of one refresh: a row of ``ops.runs``, for its writer and its readers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, TypeAlias

from lakehouse.quality.results import RuleResult, as_json, from_json
from lakehouse.refresh.outcome import RefreshOutcome

Day: TypeAlias = date
"""A business day; the field ``date`` would shadow the type."""
COUNTS = (
    "rows_input", "rows_read", "rows_written", "rows_quarantined", "rows_superseded",
    "rows_rescued", "rows_deleted",
)  # fmt: skip


@dataclass(frozen=True)
class RunRecord:
    """One refresh of one table for the business days ``start_date`` to ``date``, both included.

    Counts are rows, with the meaning of ``RefreshOutcome``; ``seconds`` is None where it is not
    known, ``started_at`` is in UTC. ``message`` joins the outcome's message, reasons and alerts.
    """

    run_id: str
    step: str
    table: str
    date: Day
    status: str
    pipeline: str = ""
    start_date: Day | None = None
    started_at: datetime | None = None
    seconds: float | None = 0.0
    rows_input: int = 0
    rows_read: int = 0
    rows_written: int = 0
    rows_quarantined: int = 0
    rows_superseded: int = 0
    rows_rescued: int = 0
    rows_deleted: int = 0
    input_versions: Mapping[str, int] = field(default_factory=dict)
    output_version: int | None = None
    message: str = ""
    git_sha: str | None = None
    conf_hash: str | None = None
    rules: tuple[RuleResult, ...] = ()

    @classmethod
    def of(cls, outcome: RefreshOutcome, **known: Any) -> RunRecord:
        """The record of an outcome; ``known`` are further values: run id, step, days."""
        texts = [outcome.message, *outcome.reasons, *outcome.alerts]
        return cls(
            **{name: getattr(outcome, name) for name in COUNTS},
            **known,
            table=outcome.table,
            status=outcome.status,
            seconds=outcome.seconds,
            input_versions=dict(outcome.input_versions),
            output_version=outcome.output_version,
            message="; ".join(texts).strip("; "),
            rules=tuple(outcome.rules),
        )

    def to_row(self) -> dict[str, Any]:
        """The values of a row of ``ops.runs``; rules and input versions are JSON."""
        row = {column.name: getattr(self, column.name) for column in fields(self)}
        row["input_versions"] = json.dumps(dict(self.input_versions), sort_keys=True)
        row["rules"] = as_json(self.rules)
        return row

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> RunRecord:
        """The record of a row of ``ops.runs``. A count that is NULL or missing is 0."""
        known: dict[str, Any] = {column.name: row.get(column.name) for column in fields(cls)}
        known |= {name: known[name] or 0 for name in COUNTS}
        known["pipeline"] = known["pipeline"] or ""
        known["message"] = known["message"] or ""
        known["input_versions"] = json.loads(known["input_versions"] or "{}")
        known["rules"] = from_json(known["rules"])
        return cls(**known)

    def covers(self, day: Day) -> bool:
        """Whether ``day`` is one of the refresh's business days."""
        return (self.start_date or self.date) <= day <= self.date
