"""Snapshots: features and labels, point-in-time rows per business day that are never lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from pyspark.sql import DataFrame

from lakehouse.config.declarations import SnapshotTable
from lakehouse.errors import RunFailed
from lakehouse.refresh import day_definitions, quarantine_table
from lakehouse.refresh.as_of import compute_days
from lakehouse.refresh.batch import Batch, DayBatch, NothingNew
from lakehouse.refresh.context import Run, RunContext
from lakehouse.refresh.day_commits import are_current, ranges_of
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.definition_changes import PROCEED, Change, Decision
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.kinds.kind import Kind
from lakehouse.refresh.progress import Position


class Snapshot(Kind):
    """Grain: one row per key and ``as_of``. A label's ``as_of`` is its run day less the days after
    which it is known."""

    name = "snapshot"
    day = "as_of"
    newest_only = False
    """Whether a commit replaces the days whatever its ``marks``, so that only the newest counts."""

    def read_new(
        self, context: RunContext, definition: Definition, *, full: bool = False
    ) -> Batch | NothingNew:
        """The days of the run, unless all of them were computed from the same inputs.

        A full refresh recomputes these days, and no other.
        """
        now = self.positions(context, definition)
        if isinstance(now, NothingNew):
            return now
        days = self.days(definition, context.run)
        if not context.run.full_refresh and are_current(
            context, definition, days, now, self.marks(definition), newest_only=self.newest_only
        ):
            return NothingNew("these days are already computed from the same inputs")
        return self.day_batch(context, definition, days, now)

    def days(self, definition: Definition, run: Run) -> list[date]:
        """The ``as_of`` days that the run computes."""
        return [day - timedelta(days=_table(definition).known_after_days) for day in run.days()]

    def scope(self, definition: Definition, days: Sequence[date]) -> str:
        """The predicate of the rows of these days."""
        return f"as_of >= DATE'{days[0]}' AND as_of <= DATE'{days[-1]}'"

    def marks(self, definition: Definition) -> Mapping[str, Any]:
        """Further entries of the commit's tag that must be equal for its days to be current."""
        return {}

    def day_batch(
        self,
        context: RunContext,
        definition: Definition,
        days: Sequence[date],
        now: Mapping[str, Position],
    ) -> DayBatch:
        """The batch of these days; its tag has the definition of every day of the table."""
        state = context.progress.state(context.tables, definition.name)
        before = ranges_of(context, definition.name)
        ranges = day_definitions.with_days(before, days[0], days[-1], definition.fingerprint)
        tag = {
            "days": [str(days[0]), str(days[-1])],
            "day_definitions": day_definitions.as_json(ranges),
            **self.marks(definition),
        }
        return DayBatch(
            now,
            now,
            days=tuple(days),
            scope=self.scope(definition, days),
            exists=state is not None,
            tag=tag,
        )

    def transform(self, context: RunContext, definition: Definition, batch: Batch) -> DataFrame:
        """The rows of all days: ``as_of``, then the columns of the transformation."""
        if not isinstance(batch, DayBatch):
            raise RunFailed("a snapshot needs a batch of days", where=definition.name)
        return compute_days(
            context, _table(definition), definition.query, batch.days, batch.versions()
        )

    def quarantine(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked
    ) -> None:
        """Write the rejected rows; they replace those of the same days in quarantine."""
        if checked.rejected is None or not isinstance(batch, DayBatch):
            return
        quarantine_table.write(
            context,
            definition.name,
            checked.rejected,
            checked.verdict.rows_quarantined,
            batch=batch.name or "",
            clears=batch.scope,
        )

    def decide(self, definition: Definition, changes: Sequence[Change], run: Run) -> Decision:
        """Refuse a changed key or treatment, since other days are kept in the old form.

        After any other change each day records the definition that computed it.
        """
        kept = [c for c in changes if c.part.split(".")[0] in ("treatments", "key", "unrecorded")]
        if not kept:
            return PROCEED
        return self.refuse(
            definition,
            kept,
            "its other days cannot be converted to the new form: use another table, or move this "
            "one away and backfill its days",
        )

    def preview(self, context: RunContext, definition: Definition) -> DataFrame:
        """The rows of the run's last day."""
        now = context.progress.positions(context.tables, definition.inputs)
        versions = {name: position.version for name, position in now.items()}
        missing = [name for name in definition.inputs if name not in now]
        if missing:
            raise RunFailed(f"waits for {', '.join(missing)}", where=definition.name)
        days = self.days(definition, context.run)[-1:]
        return compute_days(context, _table(definition), definition.query, days, versions)


def _table(definition: Definition) -> SnapshotTable:
    if not isinstance(definition.table, SnapshotTable):
        raise RunFailed("not a table of features or labels", where=definition.name)
    return definition.table
