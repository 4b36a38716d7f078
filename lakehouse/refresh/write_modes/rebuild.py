"""``write: rebuild``: overwrite the table with the result of its query."""

from __future__ import annotations

from pyspark.sql import DataFrame

from lakehouse.refresh.batch import Batch
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.storage import writes


class Rebuild:
    """Overwrites the table whenever its inputs have changed."""

    name = "rebuild"
    supersedes = False

    def write(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked, tag: Tag
    ) -> Written:
        """Overwrite all rows."""
        tag["record"]["rows_written"] = checked.rows_accepted
        commit = writes.overwrite(context.tables, definition.name, checked.rows, tag)
        return Written(commit, checked.rows_accepted)

    def table_after(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> DataFrame:
        """The rows of the batch."""
        return rows
