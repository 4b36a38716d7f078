"""Bronze: new rows of a source are appended as they came; a full refresh writes the table anew."""

from __future__ import annotations

from pyspark.sql import DataFrame

from lakehouse.errors import RunFailed
from lakehouse.refresh.batch import Batch
from lakehouse.refresh.change_feed import count_written
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.storage import writes
from lakehouse.storage.history import Commit
from lakehouse.storage.locks import is_lockable


class AppendNewRows:
    """The rows that a source has and the table has not."""

    name = "append"
    supersedes = False

    def write(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked, tag: Tag
    ) -> Written:
        """One commit. Of two writers that saw the same table, one writes nothing and fails."""
        tables, table = context.tables, definition.name
        if batch.is_whole:
            commit: Commit | None = writes.overwrite(tables, table, checked.rows, tag)
        elif not checked.verdict.rows_read:
            # Files without a row took the place of earlier contents.
            commit = writes.record_progress(tables, table, tag)
        elif is_lockable(tables):
            commit = writes.append(tables, table, checked.rows, tag)
        else:
            state = context.progress.state(tables, table)
            version = None if state is None else state.version
            commit = writes.append_after(tables, table, checked.rows, tag, version=version)
        if commit is None:
            raise RunFailed(
                "another run has written the table meanwhile, so nothing was written",
                where=table,
                hint="run the same command again",
            )
        return Written(commit, count_written(tables, table, commit, ("numOutputRows",)))

    def table_after(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> DataFrame:
        """The stored rows and the new ones."""
        if batch.is_whole or context.progress.state(context.tables, definition.name) is None:
            return rows
        return context.tables.read(definition.name).unionByName(rows, allowMissingColumns=True)
