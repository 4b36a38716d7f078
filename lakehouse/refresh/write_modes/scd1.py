"""``write: scd1``: the current row of each key; the greatest ``sequence_by`` wins."""

from __future__ import annotations

from pyspark.sql import DataFrame

from lakehouse.config.declarations import SilverTable
from lakehouse.errors import RunFailed
from lakehouse.refresh import deduplicate, dumps
from lakehouse.refresh.batch import Batch
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.dump_changes import newest_changes
from lakehouse.refresh.dumps import DumpBatch
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.history import DELETED
from lakehouse.refresh.key_filter import filter_by_keys
from lakehouse.refresh.write_modes import scd1_deletes
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.refresh.write_modes.upsert import Upsert
from lakehouse.storage import writes


class Scd1(Upsert):
    """Keeps the newest row per key, by (``sequence_by``, ``_known_date``, content)."""

    name = "scd1"

    def write(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked, tag: Tag
    ) -> Written:
        """Upsert the chosen rows; delete the keys of rows that say so, or absent in whole dumps."""
        if definition.deletes is not None:
            sequence = _sequence(definition)
            return scd1_deletes.write(context, definition, batch, checked.rows, sequence, tag)
        if checked.changes is None:
            return super().write(context, definition, batch, checked, tag)
        changes, tables, keys = checked.changes, context.tables, definition.keys
        written, deleted = dumps.count_changes(changes, tag)
        newest = newest_changes(changes, keys=keys)
        if batch.is_full:
            commit = writes.overwrite(tables, definition.name, _present(newest), tag)
            return Written(commit, written, deleted)
        target = writes.prepare_columns(tables, definition.name, _present(newest))
        names = _present(newest).columns
        clauses = deduplicate.upsert_clauses("true", names, keys, target, deletes=f"s.{DELETED}")
        newest = context.keep(newest)
        commit = writes.merge(tables, definition.name, newest, on=keys, clauses=clauses, tag=tag)
        return Written(commit, written, deleted)

    def table_after(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> DataFrame:
        """The rows of the table as it would be after the write."""
        if definition.deletes is not None:
            sequence = _sequence(definition)
            return scd1_deletes.table_after(context, definition, batch, rows, sequence)
        if not isinstance(batch, DumpBatch):
            return super().table_after(context, definition, batch, rows)
        changes = dumps.changes_of(context, definition, batch, rows)
        newest = newest_changes(changes, keys=definition.keys)
        if batch.is_full:
            return _present(newest)
        stored = context.tables.read(definition.name)
        others = filter_by_keys(stored, newest, keys=definition.keys, how="left_anti")
        after = _present(newest).unionByName(others, allowMissingColumns=True)
        return after.select(*rows.columns)

    def choose_rows(self, definition: Definition, rows: DataFrame) -> DataFrame:
        """The greatest row of each key."""
        sequence = _sequence(definition)
        return deduplicate.latest_per_key(rows, keys=definition.keys, sequence_by=sequence)

    def identity(self, definition: Definition, rows: DataFrame) -> list[str]:
        """The keys."""
        return definition.keys

    def wins(self, definition: Definition, rows: DataFrame, target: list[str]) -> str:
        """The greater row wins."""
        return deduplicate.is_later(
            rows.columns,
            definition.keys,
            sequence_by=_sequence(definition),
            target_columns=target,
        )


def _present(changes: DataFrame) -> DataFrame:
    """The rows of keys that are not deleted."""
    return changes.where(f"NOT {DELETED}").drop(DELETED)


def _sequence(definition: Definition) -> str:
    table = definition.table
    if not isinstance(table, SilverTable) or table.sequence_by is None:
        raise RunFailed("write: scd1 has no sequence_by", where=definition.name)
    return table.sequence_by
