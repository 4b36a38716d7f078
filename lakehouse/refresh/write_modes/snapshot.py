"""Snapshots: the rows of the batch's days are replaced, those of other days are kept for good."""

from __future__ import annotations

from pyspark.sql import DataFrame

from lakehouse.errors import RunFailed
from lakehouse.refresh.batch import Batch, DayBatch
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.storage import writes


class Snapshot:
    """Days of features, labels and predictions."""

    name = "snapshot"
    supersedes = False

    def write(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked, tag: Tag
    ) -> Written:
        """The rows in the place of those in the batch's scope. Never those of other days."""
        tables, table = context.tables, definition.name
        # Delta's own count of a replaced range holds rows of other days that it copied.
        tag["record"]["rows_written"] = checked.rows_accepted
        if batch.is_whole:
            commit = writes.overwrite(tables, table, checked.rows, tag)
        else:
            commit = writes.replace_where(tables, table, checked.rows, _scope(batch), tag)
        return Written(commit, checked.rows_accepted)

    def table_after(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> DataFrame:
        """The rows out of the batch's scope, and the new ones."""
        if batch.is_whole:
            return rows
        others = context.tables.read(definition.name).where(f"NOT ({_scope(batch)})")
        return others.unionByName(rows, allowMissingColumns=True).select(*rows.columns)


def _scope(batch: Batch) -> str:
    if not isinstance(batch, DayBatch):
        raise RunFailed("a snapshot is written by days")
    return batch.scope
