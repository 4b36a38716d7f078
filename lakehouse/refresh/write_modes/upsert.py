"""Upsert one row per identity, chosen by a total order: the base of ``append`` and ``scd1``.

The same order compares stored and new rows as rows within a batch, so that the result does not
depend on the order in which batches arrive.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import SilverTable
from lakehouse.refresh import deduplicate, difference, replaced_rows
from lakehouse.refresh.batch import Batch
from lakehouse.refresh.change_feed import count_written
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.key_filter import filter_by_keys, is_insert_only
from lakehouse.refresh.orphans import add_orphans
from lakehouse.refresh.replacements import HAS_REPLACED, filter_current
from lakehouse.refresh.write_modes.append_rows import append_rows
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.sql.point_in_time import KNOWN_UNTIL
from lakehouse.storage import writes
from lakehouse.storage.locks import is_lockable


class Upsert(ABC):
    """A MERGE of the chosen rows; subclasses define the choice and which row wins."""

    supersedes = True

    @abstractmethod
    def choose_rows(self, definition: Definition, rows: DataFrame) -> DataFrame:
        """The winning row of each identity among ``rows``."""

    @abstractmethod
    def identity(self, definition: Definition, rows: DataFrame) -> list[str]:
        """The columns that identify a row; empty where every row is kept."""

    @abstractmethod
    def wins(self, definition: Definition, rows: DataFrame, target: list[str]) -> str:
        """The SQL condition under which a row ``s`` replaces the stored row ``t`` of its identity;
        ``target`` are the table's columns."""

    def write(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked, tag: Tag
    ) -> Written:
        """Upsert the chosen rows; a stored row is replaced only by a row that wins over it."""
        tables, table = context.tables, definition.name
        rows = self.choose_rows(definition, checked.rows)
        self._write_replaced(context, definition, batch, tag)
        if batch.superseded is not None and not batch.is_full:
            return self._replace(context, definition, batch, rows, tag)
        if batch.is_full:
            with_orphans, orphans = add_orphans(context, definition, rows)
            commit = writes.overwrite(
                tables, table, self.choose_rows(definition, with_orphans), tag
            )
            written = count_written(tables, table, commit, ("numOutputRows",))
            return Written(commit, max(written - orphans, 0))
        on = self.identity(definition, rows)
        if not on:
            return append_rows(tables, table, rows, tag)
        target = writes.prepare_columns(tables, table, rows)
        rows = context.keep(rows)
        wins = self.wins(definition, rows, target)
        new = _find_new(context, table, rows, on, wins)
        if new is not None:
            return append_rows(tables, table, new, tag)
        clauses = deduplicate.upsert_clauses(wins, rows.columns, on, target)
        commit = writes.merge(tables, table, rows, on=on, clauses=clauses, tag=tag)
        metrics = ("numTargetRowsInserted", "numTargetRowsUpdated")
        return Written(commit, count_written(tables, table, commit, metrics))

    def table_after(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> DataFrame:
        """The rows of the table as it would be after the write."""
        if batch.is_full:
            return self.choose_rows(definition, add_orphans(context, definition, rows)[0])
        stored = context.tables.read(definition.name)
        if batch.superseded is not None:
            affected, wanted = self._find_affected(context, definition, batch, rows)
            others = filter_by_keys(stored, affected, keys=affected.columns, how="left_anti")
            return wanted.unionByName(others, allowMissingColumns=True).select(*rows.columns)
        both = stored.unionByName(rows, allowMissingColumns=True).select(*rows.columns)
        return self.choose_rows(definition, both)

    def _write_replaced(
        self, context: RunContext, definition: Definition, batch: Batch, tag: Tag
    ) -> None:
        """Write the rows that leave the table to its ``__replaced`` table, and mark the tag.

        An ``scd1`` table has no point-in-time reads, so nothing is kept for it.
        """
        if not isinstance(definition.table, SilverTable) or not definition.table.keeps_past:
            return
        if batch.superseded is not None:
            replaced = definition.kind.read_superseded(context, definition, batch)
            replaced_rows.write(context, definition, batch, replaced)
            tag[HAS_REPLACED] = True
        elif not batch.is_full and replaced_rows.has_any(context, definition.name):
            tag[HAS_REPLACED] = True

    def _replace(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame, tag: Tag
    ) -> Written:
        """Make the affected rows equal to those of the current file contents, in one MERGE."""
        tables, table = context.tables, definition.name
        writes.prepare_columns(tables, table, rows)
        affected, wanted = self._find_affected(context, definition, batch, rows)
        wanted = context.keep(wanted)
        held = filter_by_keys(tables.read(table), affected, keys=affected.columns)
        source = context.keep(difference.merge_source(held, wanted))
        written = filter_by_keys(rows, wanted, keys=rows.columns).count()
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

    def _find_affected(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> tuple[DataFrame, DataFrame]:
        """The identities of the rows that arrived or left, and all rows these should have.

        For a table that keeps every row, the days of these rows serve as identities.
        """
        replaced = definition.kind.read_superseded(context, definition, batch)
        identity = self.identity(definition, rows) or ["_known_date"]
        identities = replaced.select(*identity).unionByName(rows.select(*identity))
        affected = context.keep(identities.distinct())
        accepted = filter_current(definition.kind.reread_accepted(context, definition, batch))
        current = filter_by_keys(accepted.drop(KNOWN_UNTIL), affected, keys=identity)
        with_orphans, _ = add_orphans(context, definition, current)
        return affected, self.choose_rows(
            definition, filter_by_keys(with_orphans, affected, keys=identity)
        )


def _find_new(
    context: RunContext, table: str, rows: DataFrame, on: Sequence[str], wins: str
) -> DataFrame | None:
    """The rows of new identities, where appending them is enough: no other row replaces one.

    None where a MERGE is needed. The stored rows are looked at only where they are few; of a large
    batch it is only asked whether all of its identities are new.
    """
    tables = context.tables
    if not context.collects:
        return rows if is_insert_only(tables, table, rows, on) else None
    if not is_lockable(tables):
        return None
    held = context.keep(filter_by_keys(tables.read(table), rows, keys=on))
    collected = context.rows_of(held)
    if collected is not None and not collected.table.num_rows:
        return rows
    same = " AND ".join(f"s.`{name}` <=> t.`{name}`" for name in on)
    if not rows.alias("s").join(held.alias("t"), F.expr(f"{same} AND {wins}")).isEmpty():
        return None
    return filter_by_keys(rows, held, keys=on, how="left_anti")
