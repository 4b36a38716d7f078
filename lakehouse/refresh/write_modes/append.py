"""``write: append``: with keys the earliest known row of each key stays; without, every row."""

from __future__ import annotations

from pyspark.sql import DataFrame

from lakehouse.refresh import deduplicate
from lakehouse.refresh.batch import Batch
from lakehouse.refresh.change_feed import count_written
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.orphans import with_orphans
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.storage import writes


class Append:
    """Rows of silver that are added and never change."""

    name = "append"
    supersedes = True

    def write(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked, tag: Tag
    ) -> Written:
        """One row per key; a stored row gives way only to one that was known earlier."""
        tables, table = context.tables, definition.name
        kept = _kept(definition, checked.rows)
        if batch.is_whole:
            whole, orphans = with_orphans(context, definition, kept)
            commit = writes.overwrite(tables, table, _kept(definition, whole), tag)
            rows_told = count_written(tables, table, commit, ("numOutputRows",))
            return Written(commit, rows_told - orphans)
        on = _identity(definition, kept)
        if not on:
            commit = writes.append(tables, table, kept, tag)
            return Written(commit, count_written(tables, table, commit, ("numOutputRows",)))
        target = writes.prepare_columns(tables, table, kept)
        clauses = deduplicate.append_clauses(kept.columns, on, target_columns=target)
        commit = writes.merge(tables, table, kept, on=on, clauses=clauses, tag=tag)
        metrics = ("numTargetRowsInserted", "numTargetRowsUpdated")
        return Written(commit, count_written(tables, table, commit, metrics))

    def table_after(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> DataFrame:
        """Grain: one row per row of the table after the write."""
        if batch.is_whole:
            return _kept(definition, with_orphans(context, definition, rows)[0])
        stored = context.tables.read(definition.name)
        both = stored.unionByName(rows, allowMissingColumns=True).select(*rows.columns)
        return _kept(definition, both)


def _identity(definition: Definition, rows: DataFrame) -> list[str]:
    """The columns by which a row is found again; none where every row is kept."""
    if getattr(definition.table, "drop_exact_repeats", False):
        return [name for name in rows.columns if name != "_known_date"]
    return definition.keys


def _kept(definition: Definition, rows: DataFrame) -> DataFrame:
    if getattr(definition.table, "drop_exact_repeats", False):
        return deduplicate.drop_exact_repeats(rows)
    if definition.keys:
        return deduplicate.earliest_per_key(rows, keys=definition.keys)
    return rows
