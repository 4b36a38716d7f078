"""``write: scd2``: the bitemporal history of each key (valid time and known time)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import SilverTable
from lakehouse.errors import RunFailed
from lakehouse.refresh import history, history_merge, replaced_rows
from lakehouse.refresh.batch import Batch
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.history import ARRIVED, INCONSISTENT
from lakehouse.refresh.history_merge import ACTION, WRITTEN
from lakehouse.refresh.key_filter import filter_by_keys
from lakehouse.refresh.orphans import find_expired, read_orphans
from lakehouse.refresh.replacements import HAS_REPLACED
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.sql.point_in_time import KNOWN_UNTIL
from lakehouse.storage import writes
from lakehouse.storage.history import Commit
from lakehouse.storage.locks import is_lockable
from lakehouse.storage.tables import Tables


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
        arrived = _arrived_events(definition, batch, checked.rows)
        if batch.superseded is not None or replaced_rows.has_any(context, definition.name):
            tag[HAS_REPLACED] = True
        if batch.is_full:
            return _overwrite_history(context, definition, batch, arrived, tag)
        tables, keys = context.tables, definition.keys
        writes.prepare_columns(tables, definition.name, checked.rows.drop("_known_date"))
        stored = tables.read(definition.name)
        days = checked.verdict.days
        reread = _reread_events(context, definition, batch, days, arrived, stored)
        affected = history_merge.affected_keys(arrived, reread, keys)
        held = context.keep(filter_by_keys(stored, affected, keys=keys))
        derived = history_merge.derive_affected_history(held, arrived, keys=keys, reread=reread)
        source = context.keep(history_merge.merge_source(held, derived, keys=keys))
        others = F.count_if(F.col(ACTION) != "insert")
        changed, written = _count_consistent(definition, source, others, F.count_if(WRITTEN))
        tag["record"]["rows_written"] = written
        if not changed and is_lockable(tables):
            rows = history_merge.to_insert(source)
            return Written(writes.append(tables, definition.name, rows, tag), written, rows)
        return Written(_merge(tables, definition, source, tag), written)

    def table_after(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> DataFrame:
        """Grain: the current row of each key after the write; a deleted key has none."""
        arrived = _arrived_events(definition, batch, rows)
        if batch.is_full:
            derived = history.derive_history(arrived, keys=definition.keys).where("is_current")
            return derived.withColumn("_known_date", derived["known_from"]).drop(*history.HISTORY)
        stored = context.tables.read(definition.name)
        reread = None
        if batch.superseded is not None:
            reread = _reread_events(context, definition, batch, (), arrived, stored)
        return history_merge.current_rows(stored, arrived, keys=definition.keys, reread=reread)


def _count_consistent(definition: Definition, rows: DataFrame, *counts: Column) -> list[int]:
    """The aggregates of rows with ``_inconsistent``, in one query.

    Raises RunFailed where the history of a key would be inconsistent.
    """
    inconsistent = F.when(F.col(INCONSISTENT), F.struct(*definition.keys))
    *counted, keys = rows.agg(*counts, F.count_distinct(inconsistent)).collect()[0]
    if keys:
        raise RunFailed(
            f"{keys} keys would have two current rows, a gap or an overlap in their history",
            where=definition.name,
            hint="nothing was written; this is a bug in the library, please report it",
        )
    return counted


def _merge(tables: Tables, definition: Definition, source: DataFrame, tag: Tag) -> Commit:
    clauses = history_merge.merge_clauses(source.columns, keys=definition.keys)
    on = [*definition.keys, "valid_from", "known_from"]
    return writes.merge(tables, definition.name, source, on=on, clauses=clauses, tag=tag)


def _events(definition: Definition, rows: DataFrame) -> DataFrame:
    table = definition.table
    if not isinstance(table, SilverTable) or table.sequence_by is None:
        raise RunFailed("write: scd2 has no sequence_by", where=definition.name)
    deletes = definition.deletes.column() if definition.deletes else None
    return history.to_events(rows, sequence_by=table.sequence_by, deletes=deletes)


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


def _overwrite_history(
    context: RunContext, definition: Definition, batch: Batch, arrived: DataFrame, tag: Tag
) -> Written:
    tables, keys = context.tables, definition.keys
    orphans = read_orphans(context, definition)
    events = arrived.withColumn(ARRIVED, F.lit(True))
    for others in _other_events(context, definition, batch, orphans):
        events = events.unionByName(
            others.withColumn(ARRIVED, F.lit(False)), allowMissingColumns=True
        )
    derived = history.derive_history(events, keys=keys)
    marked = context.keep(history.mark_inconsistent(derived, keys=keys))
    (rows,) = _count_consistent(definition, marked, F.count_if(ARRIVED))
    tag["record"]["rows_written"] = rows
    kept = marked.drop(ARRIVED, INCONSISTENT)
    return Written(writes.overwrite(tables, definition.name, kept, tag), rows)


def _other_events(
    context: RunContext, definition: Definition, batch: Batch, orphans: DataFrame | None
) -> Iterator[DataFrame]:
    """The events of a full refresh besides those of current source rows."""
    if batch.superseded is not None:
        yield _events(definition, definition.kind.read_superseded(context, definition, batch))
    if orphans is not None and batch.tracks_replaced:
        orphans = history_merge.restore_known_until(orphans, keys=definition.keys)
    if orphans is not None:
        yield history_merge.stored_events(orphans)
