"""Gold: aggregates, refreshed incrementally by the groups that changes of the inputs affect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame

from lakehouse.config.declarations import GoldTable
from lakehouse.errors import RunFailed
from lakehouse.refresh import change_feed, python_transform, quarantine_table
from lakehouse.refresh.affected_groups import find_affected_groups
from lakehouse.refresh.batch import Batch, GroupBatch, NothingNew
from lakehouse.refresh.context import Run, RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.definition_changes import RECOMPUTE, Change, Decision
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.kinds.kind import Kind
from lakehouse.refresh.progress import Position, Progress
from lakehouse.refresh.schema_changes import refuse_lost_columns
from lakehouse.refresh.write_modes.replace_keys import same_keys
from lakehouse.sql import bind, incremental


class Gold(Kind):
    """Grain: one row per key."""

    name = "gold"

    def read_new(
        self, context: RunContext, definition: Definition, *, full: bool = False
    ) -> Batch | NothingNew:
        """The affected groups, or all groups where only a full computation is sound."""
        now = self.positions(context, definition)
        if isinstance(now, NothingNew):
            return now
        progress = context.progress.progress(context.tables, definition.name)
        why = _full_read_reason(context, definition, progress, now, feed_is_lost=full)
        if why or progress is None:
            return GroupBatch(now, why=why)
        since = {name: progress.inputs[name] for name in definition.inputs}
        changed_inputs = [
            name for name in now if _has_changed(context, name, since[name], now[name])
        ]
        if not changed_inputs:
            return NothingNew("nothing new in its inputs")
        batch = GroupBatch(now, since)
        query = definition.query
        if query is None or not _is_computed_by_groups(definition):
            return GroupBatch(now, why="its inputs have changed")
        affected = find_affected_groups(context, definition, query, batch, changed_inputs)
        if affected is None:
            return GroupBatch(now, why="most groups are affected")
        return GroupBatch(now, since, affected=affected)

    def transform(self, context: RunContext, definition: Definition, batch: Batch) -> DataFrame:
        """The rows of the affected groups, or of all groups."""
        affected = batch.affected if isinstance(batch, GroupBatch) else None
        return _compute_groups(context, definition, batch.inputs, affected)

    def check_schema(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> None:
        """Raise DeclarationError for dropped or retyped columns without ``--accept-change``."""
        state = context.progress.state(context.tables, definition.name)
        if state is None or context.run.accept_change:
            return
        refuse_lost_columns(context.tables.read(definition.name), rows, definition)

    def all_quarantined(
        self, context: RunContext, definition: Definition, batch: Batch, rejected: DataFrame | None
    ) -> DataFrame | None:
        """The rejected groups of the batch, and those in quarantine that it does not compute."""
        affected = batch.affected if isinstance(batch, GroupBatch) else None
        name = quarantine_table.table_of(definition.name)
        if affected is None or context.progress.state(context.tables, name) is None:
            return rejected
        before = context.tables.read(name)
        others = before.join(affected, same_keys(before, affected, definition.keys), "left_anti")
        others = others.drop("_run_id")
        if rejected is None:
            return others
        return rejected.unionByName(others, allowMissingColumns=True)

    def quarantine(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked
    ) -> None:
        """Write rejected groups; groups that are computed again leave the quarantine first."""
        if checked.rejected is None:
            return
        quarantine_table.write(
            context,
            definition.name,
            checked.rejected,
            checked.verdict.rows_quarantined,
            batch=batch.name,
            cleared_keys=batch.affected if isinstance(batch, GroupBatch) else None,
        )

    def decide(self, definition: Definition, changes: Sequence[Change], run: Run) -> Decision:
        """Always recompute in full: every row can be derived from the inputs."""
        return RECOMPUTE

    def preview(self, context: RunContext, definition: Definition) -> DataFrame:
        """All groups, from the inputs as they are stored."""
        now = context.progress.positions(context.tables, definition.inputs)
        missing = [name for name in definition.inputs if name not in now]
        if missing:
            raise RunFailed(f"waits for {', '.join(missing)}", where=definition.name)
        return _compute_groups(context, definition, now, None)


def _full_read_reason(
    context: RunContext,
    definition: Definition,
    progress: Progress | None,
    now: Mapping[str, Position],
    *,
    feed_is_lost: bool,
) -> str:
    """Why all groups are computed; empty where the affected groups suffice."""
    if context.run.full_refresh:
        return "a full refresh"
    if feed_is_lost:
        return "the change data feed of its inputs can no longer be read"
    if progress is None:
        absent = context.progress.state(context.tables, definition.name) is None
        return "the first build" if absent else "no commit records how far it has read"
    if progress.definition != definition.parts:
        return "its definition changed"
    for name, position in now.items():
        since = progress.position(name)
        if since is None or since.table_id != position.table_id:
            return f"{name} was dropped and created again since it was last read"
        if since.version > position.version or _was_replaced(context, name, since):
            return f"{name} was replaced"
    return ""


def _is_computed_by_groups(definition: Definition) -> bool:
    return isinstance(definition.table, GoldTable) and definition.table.mode.by_groups


def _was_replaced(context: RunContext, name: str, since: Position) -> bool:
    """Whether a full refresh of an input has replaced all of its rows since it was last read."""
    state = context.progress.state(context.tables, name)
    commits = state.after(since.version) if state else None
    return any(commit.tag.get(change_feed.WHOLE) for commit in commits or ())


def _has_changed(context: RunContext, name: str, since: Position, now: Position) -> bool:
    state = context.progress.state(context.tables, name)
    return since != now and state is not None and change_feed.has_changed(state, since.version)


def _compute_groups(
    context: RunContext,
    definition: Definition,
    inputs: Mapping[str, Position],
    affected: DataFrame | None,
) -> DataFrame:
    table = definition.table
    if not isinstance(table, GoldTable):
        raise RunFailed("not a gold table", where=definition.name)
    frames = {
        name: change_feed.read_current_rows(context, name, inputs[name].version)
        for name in definition.inputs
    }
    if definition.query is None:
        return python_transform.run(table, frames, on=context.run.end)
    if affected is None:
        return bind.run(context.spark, definition.query, frames)
    restricted = incremental.restrict_to_keys(definition.query, definition.keys)
    return bind.run(context.spark, restricted, {**frames, incremental.AFFECTED: affected})
