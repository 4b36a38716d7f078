"""Bronze: append the new rows of a source; a full refresh overwrites the table."""

from __future__ import annotations

from pyspark.sql import DataFrame

from lakehouse.errors import RunFailed
from lakehouse.refresh.batch import Batch
from lakehouse.refresh.change_feed import count_written
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.write_modes.append_rows import append_rows
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.storage import writes
from lakehouse.storage.history import Commit
from lakehouse.storage.locks import is_lockable


class AppendNewRows:
    """Appends the rows of a batch."""

    name = "append"
    supersedes = False

    def write(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked, tag: Tag
    ) -> Written:
        """Append in one commit. Raises RunFailed if another run wrote the table meanwhile."""
        tables, table = context.tables, definition.name
        if batch.is_full:
            commit: Commit | None = writes.overwrite(tables, table, checked.rows, tag)
        elif not checked.verdict.rows_read:
            # Files without rows replaced earlier contents.
            commit = writes.record_progress(tables, table, tag)
        elif is_lockable(tables):
            return append_rows(tables, table, checked.rows, tag)
        else:
            state = context.progress.state(tables, table)
            version = None if state is None else state.version
            commit = writes.append_after(tables, table, checked.rows, tag, version=version)
        if commit is None:
            raise RunFailed(
                "another run wrote the table at the same time, so nothing was written",
                where=table,
                hint="run the same command again",
            )
        return Written(commit, count_written(tables, table, commit, ("numOutputRows",)))

    def table_after(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> DataFrame:
        """The stored and the new rows."""
        if batch.is_full or context.progress.state(context.tables, definition.name) is None:
            return rows
        return context.tables.read(definition.name).unionByName(rows, allowMissingColumns=True)
