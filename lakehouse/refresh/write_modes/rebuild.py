"""``write: rebuild``: the table becomes what its query gives."""

from __future__ import annotations

from pyspark.sql import DataFrame

from lakehouse.refresh.batch import Batch
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.storage import writes


class Rebuild:
    """The whole table, each time its inputs have moved."""

    name = "rebuild"
    supersedes = False

    def write(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked, tag: Tag
    ) -> Written:
        """Every row in the place of those that were there."""
        tag["record"]["rows_written"] = checked.rows_accepted
        commit = writes.overwrite(context.tables, definition.name, checked.rows, tag)
        return Written(commit, checked.rows_accepted)

    def table_after(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> DataFrame:
        """The rows themselves."""
        return rows
