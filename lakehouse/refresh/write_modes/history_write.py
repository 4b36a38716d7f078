"""Write the histories of keys: merged into the table, or in place of the whole table."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.errors import RunFailed
from lakehouse.refresh import history, history_merge
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.history import ARRIVED, INCONSISTENT
from lakehouse.refresh.history_merge import ACTION, WRITTEN
from lakehouse.refresh.key_filter import filter_by_keys
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.storage import writes
from lakehouse.storage.history import Commit
from lakehouse.storage.locks import is_lockable
from lakehouse.storage.tables import Tables


def merge_events(
    context: RunContext,
    definition: Definition,
    arrived: DataFrame,
    stored: DataFrame,
    reread: DataFrame | None,
    tag: Tag,
) -> Written:
    """Derive the histories of the affected keys again and merge them; append, where all is new.

    ``rows_written`` is set in the tag's record unless it is known. Raises RunFailed where the
    history of a key would be inconsistent.
    """
    tables, keys = context.tables, definition.keys
    affected = history_merge.affected_keys(arrived, reread, keys)
    held = context.keep(filter_by_keys(stored, affected, keys=keys))
    derived = history_merge.derive_affected_history(held, arrived, keys=keys, reread=reread)
    source = context.keep(history_merge.merge_source(held, derived, keys=keys))
    others = F.count_if(F.col(ACTION) != "insert")
    changed, written = _count_consistent(definition, source, others, F.count_if(WRITTEN))
    tag["record"].setdefault("rows_written", written)
    if not changed and is_lockable(tables):
        rows = history_merge.to_insert(source)
        commit = writes.append(tables, definition.name, rows, tag)
        return Written(commit, written, appended=rows)
    return Written(_merge(tables, definition, source, tag), written)


def overwrite_history(
    context: RunContext,
    definition: Definition,
    arrived: DataFrame,
    other_events: Iterable[DataFrame],
    tag: Tag,
) -> Written:
    """Overwrite the table with the history of all events; see ``merge_events``."""
    tables, keys = context.tables, definition.keys
    events = arrived.withColumn(ARRIVED, F.lit(True))
    for others in other_events:
        events = events.unionByName(
            others.withColumn(ARRIVED, F.lit(False)), allowMissingColumns=True
        )
    derived = history.derive_history(events, keys=keys)
    marked = context.keep(history.mark_inconsistent(derived, keys=keys))
    (rows,) = _count_consistent(definition, marked, F.count_if(ARRIVED))
    tag["record"].setdefault("rows_written", rows)
    kept = marked.drop(ARRIVED, INCONSISTENT)
    return Written(writes.overwrite(tables, definition.name, kept, tag), rows)


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
