"""Snapshots: replace the rows of the batch's days; rows of other days are never changed."""

from __future__ import annotations

from pyspark.sql import DataFrame

from lakehouse.errors import RunFailed
from lakehouse.refresh.batch import Batch, DayBatch
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.storage import writes
from lakehouse.storage.locks import is_lockable
from lakehouse.storage.tables import Tables


class Snapshot:
    """Replaces days of features, labels and predictions."""

    name = "snapshot"
    supersedes = False

    def write(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked, tag: Tag
    ) -> Written:
        """Replace the rows in the batch's scope, in one commit."""
        tables, table = context.tables, definition.name
        # Delta's metric for a replaced range also counts rows of other days that it copied.
        tag["record"]["rows_written"] = checked.rows_accepted
        if batch.is_full:
            commit = writes.overwrite(tables, table, checked.rows, tag)
        elif _has_no_rows(tables, table, _scope(batch)):
            commit = writes.append(tables, table, checked.rows, tag)
        else:
            commit = writes.replace_where(tables, table, checked.rows, _scope(batch), tag)
        return Written(commit, checked.rows_accepted)

    def table_after(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> DataFrame:
        """The stored rows outside the batch's scope, and the new rows."""
        if batch.is_full:
            return rows
        others = context.tables.read(definition.name).where(f"NOT ({_scope(batch)})")
        return others.unionByName(rows, allowMissingColumns=True).select(*rows.columns)


def _has_no_rows(tables: Tables, table: str, scope: str) -> bool:
    """Whether there is nothing to replace, and a lock keeps it so until the write: an append is a
    fraction of the work. See ``is_insert_only``."""
    return is_lockable(tables) and tables.read(table).where(scope).isEmpty()


def _scope(batch: Batch) -> str:
    if not isinstance(batch, DayBatch):
        raise RunFailed("a snapshot needs a batch of days")
    return batch.scope
