"""``write: scd2``: the history of each key, when each version was valid and when that was known."""

from __future__ import annotations

from pyspark.sql import DataFrame

from lakehouse.config.declarations import SilverTable
from lakehouse.errors import RunFailed
from lakehouse.refresh import history, history_merge
from lakehouse.refresh.batch import Batch
from lakehouse.refresh.change_feed import count_written
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.orphans import orphans_of
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.storage import writes


class Scd2:
    """Every affected key gets the history of all its events: see ``refresh.history``."""

    name = "scd2"
    supersedes = True

    def write(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked, tag: Tag
    ) -> Written:
        """One MERGE that inserts, updates and deletes, or the whole table.

        Raises RunFailed where a key would have two current rows, a gap or an overlap.
        """
        arrived = context.keep(_events(definition, checked.rows))
        if batch.is_whole:
            return _overwrite(context, definition, arrived, tag)
        tables, keys = context.tables, definition.keys
        writes.prepare_columns(tables, definition.name, checked.rows.drop("_known_date"))
        stored = tables.read(definition.name)
        reread = _reread(context, definition, batch, checked, arrived, stored)
        derived = context.keep(
            history_merge.affected_history(stored, arrived, keys=keys, reread=reread)
        )
        _assert_sound(definition, derived)
        source = context.keep(history_merge.merge_source(stored, derived, keys=keys))
        rows = source.where(history_merge.WRITTEN).count()
        tag["record"]["rows_written"] = rows
        clauses = history_merge.merge_clauses(source.columns, keys=keys)
        on = [*keys, "valid_from", "known_from"]
        commit = writes.merge(tables, definition.name, source, on=on, clauses=clauses, tag=tag)
        return Written(commit, rows)

    def table_after(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> DataFrame:
        """Grain: the current row of each key after the write; a deleted key has none."""
        arrived = _events(definition, rows)
        if batch.is_whole:
            derived = history.derive_history(arrived, keys=definition.keys).where("is_current")
            return derived.withColumn("_known_date", derived["known_from"]).drop(*history.HISTORY)
        stored = context.tables.read(definition.name)
        return history_merge.current_rows(stored, arrived, keys=definition.keys)


def _events(definition: Definition, rows: DataFrame) -> DataFrame:
    table = definition.table
    if not isinstance(table, SilverTable) or table.sequence_by is None:
        raise RunFailed("write: scd2 has no sequence_by", where=definition.name)
    deletes = definition.deletes.column() if definition.deletes else None
    return history.events(rows, sequence_by=table.sequence_by, deletes=deletes)


def _reread(
    context: RunContext,
    definition: Definition,
    batch: Batch,
    checked: Checked,
    arrived: DataFrame,
    stored: DataFrame,
) -> DataFrame | None:
    """All events of the keys whose history the table alone cannot tell; None where it can."""
    progress = context.progress.progress(context.tables, definition.name)
    watermark = progress.watermark if progress else None
    days = checked.verdict.days
    if watermark is None or not days or min(days) > watermark:
        return None
    keys = definition.keys
    ambiguous = context.keep(
        history_merge.ambiguous_keys(stored, arrived, keys=keys, watermark=watermark)
    )
    if ambiguous.isEmpty():
        return None
    rows = definition.kind.accepted_again(context, definition, batch)
    return history_merge.of_keys(_events(definition, rows), ambiguous, keys=keys)


def _overwrite(
    context: RunContext, definition: Definition, arrived: DataFrame, tag: Tag
) -> Written:
    tables, keys = context.tables, definition.keys
    orphans = orphans_of(context, definition)
    told = arrived
    if orphans is not None:
        events = history_merge.stored_events(orphans)
        told = arrived.unionByName(events, allowMissingColumns=True)
    derived = context.keep(history.derive_history(told, keys=keys))
    _assert_sound(definition, derived)
    commit = writes.overwrite(tables, definition.name, derived, tag)
    rows = count_written(tables, definition.name, commit, ("numOutputRows",))
    if orphans is not None:
        days = orphans.select("known_from").distinct()
        rows -= derived.join(days, "known_from", "left_semi").count()
    return Written(commit, rows)


def _assert_sound(definition: Definition, derived: DataFrame) -> None:
    unsound = history.unsound(derived, keys=definition.keys).count()
    if unsound:
        raise RunFailed(
            f"{unsound} keys would have two current rows, a gap or an overlap in their history",
            where=definition.name,
            hint="nothing was written; this is a defect of the library, please report it",
        )
