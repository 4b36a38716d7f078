"""One row per identity, chosen by a total order: what ``append`` and ``scd1`` have in common.

The order decides between a stored row and a new one exactly as it does within a batch, so that
the order in which batches arrive does not matter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from pyspark.sql import DataFrame

from lakehouse.refresh.batch import Batch
from lakehouse.refresh.change_feed import count_written
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.orphans import with_orphans
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.storage import writes


class Upsert(ABC):
    """A MERGE of the chosen rows; a mode says which rows these are and which row wins."""

    supersedes = True

    @abstractmethod
    def chosen(self, definition: Definition, rows: DataFrame) -> DataFrame:
        """The row of each identity that wins among ``rows``."""

    @abstractmethod
    def identity(self, definition: Definition, rows: DataFrame) -> list[str]:
        """The columns by which a row is found again; none where every row is kept."""

    @abstractmethod
    def clauses(self, definition: Definition, rows: DataFrame, target: list[str]) -> str:
        """The MERGE's clauses; ``target`` are the columns that the table had before."""

    def write(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked, tag: Tag
    ) -> Written:
        """The chosen rows; a stored row gives way only to one that wins over it."""
        tables, table = context.tables, definition.name
        rows = self.chosen(definition, checked.rows)
        if batch.is_whole:
            whole, orphans = with_orphans(context, definition, rows)
            commit = writes.overwrite(tables, table, self.chosen(definition, whole), tag)
            written = count_written(tables, table, commit, ("numOutputRows",))
            return Written(commit, max(written - orphans, 0))
        on = self.identity(definition, rows)
        if not on:
            commit = writes.append(tables, table, rows, tag)
            return Written(commit, count_written(tables, table, commit, ("numOutputRows",)))
        target = writes.prepare_columns(tables, table, rows)
        clauses = self.clauses(definition, rows, target)
        commit = writes.merge(tables, table, rows, on=on, clauses=clauses, tag=tag)
        metrics = ("numTargetRowsInserted", "numTargetRowsUpdated")
        return Written(commit, count_written(tables, table, commit, metrics))

    def table_after(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> DataFrame:
        """Grain: one row per row of the table after the write."""
        if batch.is_whole:
            return self.chosen(definition, with_orphans(context, definition, rows)[0])
        stored = context.tables.read(definition.name)
        both = stored.unionByName(rows, allowMissingColumns=True).select(*rows.columns)
        return self.chosen(definition, both)
