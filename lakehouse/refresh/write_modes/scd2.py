"""``write: scd2``: the bitemporal history of each key (valid time and known time)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import SilverTable
from lakehouse.errors import RunFailed
from lakehouse.refresh import dumps, history, history_merge, replaced_rows
from lakehouse.refresh.batch import Batch
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.dumps import DumpBatch
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.history import DELETED
from lakehouse.refresh.key_filter import filter_by_keys
from lakehouse.refresh.orphans import find_expired, read_orphans
from lakehouse.refresh.replacements import HAS_REPLACED
from lakehouse.refresh.write_modes.history_write import merge_events, overwrite_history
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.sql.point_in_time import KNOWN_UNTIL
from lakehouse.storage import writes
from lakehouse.storage.tables import columns_of


class Scd2:
    """Derives the history of each affected key again, see ``refresh.history``, and merges it."""

    name = "scd2"
    supersedes = True

    def write(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked, tag: Tag
    ) -> Written:
        """Merge the histories of the affected keys, or overwrite the table in a full refresh.

        Rows of replaced files stay in the history, with ``known_to``. Raises RunFailed where a key
        would have two current rows, a gap or an overlap.
        """
        if checked.changes is not None:
            return _write_dumps(context, definition, batch, checked.changes, tag)
        arrived = _arrived_events(definition, batch, checked.rows)
        if batch.superseded is not None or replaced_rows.has_any(context, definition.name):
            tag[HAS_REPLACED] = True
        if batch.is_full:
            return overwrite_history(
                context, definition, arrived, _other_events(context, definition, batch), tag
            )
        stored = _prepared(context, definition, checked.rows)
        days = checked.verdict.days
        reread = _reread_events(context, definition, batch, days, arrived, stored)
        return merge_events(context, definition, arrived, stored, reread, tag)

    def table_after(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> DataFrame:
        """Grain: the current row of each key after the write; a deleted key has none."""
        if isinstance(batch, DumpBatch):
            arrived = _dump_events(dumps.changes_of(context, definition, batch, rows))
        else:
            arrived = _arrived_events(definition, batch, rows)
        if batch.is_full:
            derived = history.derive_history(arrived, keys=definition.keys).where("is_current")
            return derived.withColumn("_known_date", derived["known_from"]).drop(*history.HISTORY)
        stored = context.tables.read(definition.name)
        reread = None
        if batch.superseded is not None:
            reread = _reread_events(context, definition, batch, (), arrived, stored)
        return history_merge.current_rows(stored, arrived, keys=definition.keys, reread=reread)


def _write_dumps(
    context: RunContext, definition: Definition, batch: Batch, changes: DataFrame, tag: Tag
) -> Written:
    """Merge the changes between dumps; those that delete a key are not counted as written."""
    rows, deleted = dumps.count_changes(changes, tag)
    events = _dump_events(changes)
    if batch.is_full:
        written = overwrite_history(
            context, definition, events, _other_events(context, definition, batch), tag
        )
    else:
        stored = _prepared(context, definition, changes.drop(DELETED))
        written = merge_events(context, definition, events, stored, None, tag)
    return replace(written, rows=rows, deleted=deleted)


def _prepared(context: RunContext, definition: Definition, rows: DataFrame) -> DataFrame:
    """The stored history, with the columns of ``rows``."""
    writes.prepare_columns(context.tables, definition.name, rows.drop("_known_date"))
    return context.tables.read(definition.name)


def _events(definition: Definition, rows: DataFrame) -> DataFrame:
    table = definition.table
    if not isinstance(table, SilverTable) or table.sequence_by is None:
        raise RunFailed("write: scd2 has no sequence_by", where=definition.name)
    deletes = definition.deletes.column() if definition.deletes else None
    return history.to_events(rows, sequence_by=table.sequence_by, deletes=deletes)


def _dump_events(changes: DataFrame) -> DataFrame:
    """The changes between dumps as events: a version is valid from the day of its dump."""
    day = F.col("_known_date")
    content = columns_of(changes, but=("_known_date", DELETED))
    return changes.select(*content, day.alias("valid_from"), day.alias("known_from"), DELETED)


def _arrived_events(definition: Definition, batch: Batch, rows: DataFrame) -> DataFrame:
    """The events of a batch, with a NULL ``_known_until`` where other events may have one."""
    arrived = _events(definition, rows)
    if not batch.tracks_replaced:
        return arrived
    return arrived.withColumn(KNOWN_UNTIL, F.lit(None).cast("date"))


def _reread_events(
    context: RunContext,
    definition: Definition,
    batch: Batch,
    days: Sequence[date],
    arrived: DataFrame,
    stored: DataFrame,
) -> DataFrame | None:
    """All events of the keys that cannot be derived from the table; None without such keys.

    The table has those whose source rows are gone.
    """
    keys = definition.keys
    key_sets: list[DataFrame] = []
    if batch.superseded is not None:
        replaced = definition.kind.read_superseded(context, definition, batch)
        key_sets.append(replaced.select(*keys).distinct())
    progress = context.progress.progress(context.tables, definition.name)
    watermark = progress.watermark if progress else None
    if watermark is not None and days and min(days) <= watermark:
        key_sets.append(
            history_merge.ambiguous_keys(stored, arrived, keys=keys, watermark=watermark)
        )
    if not key_sets:
        return None
    affected = context.keep(reduce(DataFrame.unionByName, key_sets))
    if affected.isEmpty():
        return None
    rows = definition.kind.reread_accepted(context, definition, batch)
    events = filter_by_keys(_events(definition, rows), affected, keys=keys)
    expired = filter_by_keys(find_expired(context, definition, stored), affected, keys=keys)
    if batch.tracks_replaced:
        expired = history_merge.restore_known_until(expired, keys=keys)
    return events.unionByName(history_merge.stored_events(expired), allowMissingColumns=True)


def _other_events(context: RunContext, definition: Definition, batch: Batch) -> Iterator[DataFrame]:
    """The events of a full refresh besides those of current source rows."""
    orphans = read_orphans(context, definition)
    if batch.superseded is not None:
        yield _events(definition, definition.kind.read_superseded(context, definition, batch))
    if orphans is not None and batch.tracks_replaced:
        orphans = history_merge.restore_known_until(orphans, keys=definition.keys)
    if orphans is not None:
        yield history_merge.stored_events(orphans)
