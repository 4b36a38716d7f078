"""Snapshots: features and labels, the rows of the days of a run, kept for good."""

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
from lakehouse.refresh.change_feed import has_moved
from lakehouse.refresh.context import Run, RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.definition_changes import GO_ON, Change, Decision
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.kinds.kind import Kind
from lakehouse.refresh.progress import Position, progress_of


class Snapshot(Kind):
    """Grain: one row per key and ``as_of``. Of a label, the day that it then speaks of."""

    name = "snapshot"
    day = "as_of"

    def read_new(
        self, context: RunContext, definition: Definition, *, whole: bool = False
    ) -> Batch | NothingNew:
        """The days of the run, unless the newest commits of all of them read the same inputs.

        A full refresh computes these days again, and never touches another.
        """
        now = self.positions(context, definition)
        if isinstance(now, NothingNew):
            return now
        days = self.days(definition, context.run)
        if not context.run.full_refresh and self.is_current(context, definition, days, now):
            return NothingNew("these days are there, from the same inputs")
        return self.day_batch(context, definition, days, now)

    def days(self, definition: Definition, run: Run) -> list[date]:
        """The days that a run of these business days makes."""
        return [day - timedelta(days=_table(definition).horizon_days) for day in run.days()]

    def scope(self, definition: Definition, days: Sequence[date]) -> str:
        """The predicate of the rows of these days."""
        return f"as_of >= DATE'{days[0]}' AND as_of <= DATE'{days[-1]}'"

    def marks(self, definition: Definition) -> Mapping[str, Any]:
        """What a commit records besides, and must say again for its days to be current."""
        return {}

    def is_current(
        self,
        context: RunContext,
        definition: Definition,
        days: Sequence[date],
        now: Mapping[str, Position],
    ) -> bool:
        """Whether, for each day, the newest commit that covers it read what would be read now."""
        waiting = set(days)
        state = context.progress.whole_log(context.tables, definition.name)
        for commit in state.tagged() if state else ():
            covered = {day for day in waiting if _covers(commit.tag.get("days"), day)}
            if not covered or not self.same_marks(definition, commit.tag):
                continue
            made = progress_of(commit)
            if made.definition != definition.parts:
                return False
            if any(_moved(context, name, made.inputs.get(name), now[name]) for name in now):
                return False
            waiting -= covered
            if not waiting:
                return True
        return not waiting

    def same_marks(self, definition: Definition, tag: Mapping[str, Any]) -> bool:
        """Whether a commit wrote rows of this batch's scope."""
        return all(tag.get(key) == value for key, value in self.marks(definition).items())

    def day_batch(
        self,
        context: RunContext,
        definition: Definition,
        days: Sequence[date],
        now: Mapping[str, Position],
    ) -> DayBatch:
        """The batch of these days, with the definition of every day that the table will hold."""
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

    def shape(self, context: RunContext, definition: Definition, batch: Batch) -> DataFrame:
        """The rows of all days: ``as_of``, then what the transformation gives."""
        if not isinstance(batch, DayBatch):
            raise RunFailed("a snapshot is computed by days", where=definition.name)
        return compute_days(
            context, _table(definition), definition.query, batch.days, batch.versions()
        )

    def quarantine(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked
    ) -> None:
        """The rejected rows, in the place of those of the same days."""
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
        """Days are kept, so another key or treatment is refused; else each day records by which
        definition it was made."""
        kept = [c for c in changes if c.part.split(".")[0] in ("treatments", "key", "unrecorded")]
        if not kept:
            return GO_ON
        return self.refusal(
            definition,
            kept,
            "its other days cannot be made again in the new form: use another table, or move this "
            "one away and compute its days anew",
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


def _covers(days: Sequence[str] | None, day: date) -> bool:
    return bool(days) and days is not None and days[0] <= str(day) <= days[-1]


def _moved(context: RunContext, name: str, since: Position | None, now: Position) -> bool:
    if since is None or since.table_id != now.table_id or since.version > now.version:
        return True
    state = context.progress.state(context.tables, name)
    return since != now and (state is None or has_moved(state, since.version))


def _table(definition: Definition) -> SnapshotTable:
    if not isinstance(definition.table, SnapshotTable):
        raise RunFailed("not a table of features or labels", where=definition.name)
    return definition.table


def ranges_of(context: RunContext, table: str) -> list[day_definitions.Range]:
    """Which definition made which days of a snapshot, from its newest commit that counts."""
    state = context.progress.state(context.tables, table)
    commit = state.last_tagged if state else None
    return day_definitions.from_json(commit.tag.get("day_definitions", [])) if commit else []
