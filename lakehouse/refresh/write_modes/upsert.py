"""One row per identity, chosen by a total order: what ``append`` and ``scd1`` have in common.

The order decides between a stored row and a new one exactly as it does within a batch, so that
the order in which batches arrive does not matter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from pyspark.sql import DataFrame

from lakehouse.config.declarations import SilverTable
from lakehouse.refresh import difference, replaced_rows
from lakehouse.refresh.batch import Batch
from lakehouse.refresh.change_feed import count_written
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.history_merge import of_keys
from lakehouse.refresh.orphans import with_orphans
from lakehouse.refresh.replacements import HAS_REPLACED, only_current
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.sql.point_in_time import KNOWN_UNTIL
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
        self._keep_replaced(context, definition, batch, tag)
        if batch.superseded is not None and not batch.is_whole:
            return self._replace(context, definition, batch, rows, tag)
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
        if batch.superseded is not None:
            affected, wanted = self._affected(context, definition, batch, rows)
            others = of_keys(stored, affected, keys=affected.columns, how="left_anti")
            return wanted.unionByName(others, allowMissingColumns=True).select(*rows.columns)
        both = stored.unionByName(rows, allowMissingColumns=True).select(*rows.columns)
        return self.chosen(definition, both)

    def _keep_replaced(
        self, context: RunContext, definition: Definition, batch: Batch, tag: Tag
    ) -> None:
        """The rows that leave the table go beside it where it keeps its past, and the tag says so.

        An ``scd1`` table cannot be read as it was known, so nothing is kept for it.
        """
        if not isinstance(definition.table, SilverTable) or not definition.table.keeps_past:
            return
        if batch.superseded is not None:
            gone = definition.kind.superseded(context, definition, batch)
            replaced_rows.write(context, definition, batch, gone)
            tag[HAS_REPLACED] = True
        elif not batch.is_whole and replaced_rows.has_any(context, definition.name):
            tag[HAS_REPLACED] = True

    def _replace(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame, tag: Tag
    ) -> Written:
        """One MERGE of what differs: the affected rows become what the current contents say."""
        tables, table = context.tables, definition.name
        writes.prepare_columns(tables, table, rows)
        affected, wanted = self._affected(context, definition, batch, rows)
        wanted = context.keep(wanted)
        held = of_keys(tables.read(table), affected, keys=affected.columns)
        source = context.keep(difference.merge_source(held, wanted))
        written = of_keys(rows, wanted, keys=rows.columns).count()
        tag["record"]["rows_written"] = written
        commit = writes.merge(
            tables,
            table,
            source,
            on=held.columns,
            only=difference.MATCHES,
            clauses=difference.merge_clauses(held.columns),
            tag=tag,
        )
        return Written(commit, written)

    def _affected(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> tuple[DataFrame, DataFrame]:
        """The identities of the rows that came or left, and the rows that these shall have.

        A table that keeps every row has no identities: there it is the days of these rows.
        """
        gone = definition.kind.superseded(context, definition, batch)
        identity = self.identity(definition, rows) or ["_known_date"]
        touched = gone.select(*identity).unionByName(rows.select(*identity))
        affected = context.keep(touched.distinct())
        again = only_current(definition.kind.accepted_again(context, definition, batch))
        current = of_keys(again.drop(KNOWN_UNTIL), affected, keys=identity)
        whole, _ = with_orphans(context, definition, current)
        return affected, self.chosen(definition, of_keys(whole, affected, keys=identity))
