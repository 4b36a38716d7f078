"""``write: scd1``: the current row of each key; the greatest ``sequence_by`` wins."""

from __future__ import annotations

from pyspark.sql import DataFrame

from lakehouse.config.declarations import SilverTable
from lakehouse.errors import RunFailed
from lakehouse.refresh import deduplicate
from lakehouse.refresh.batch import Batch
from lakehouse.refresh.change_feed import count_written
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.orphans import with_orphans
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.storage import writes


class Scd1:
    """Rows of silver of which only the newest version per key is kept, with its ``_known_date``:
    ties are decided by (sequence, ``_known_date``, content), whatever the order of arrival."""

    name = "scd1"
    supersedes = True

    def write(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked, tag: Tag
    ) -> Written:
        """The greatest row of each key; a stored row gives way only to a greater one."""
        tables, table = context.tables, definition.name
        latest = _latest(definition, checked.rows)
        if batch.is_whole:
            whole, orphans = with_orphans(context, definition, latest)
            commit = writes.overwrite(tables, table, _latest(definition, whole), tag)
            rows_told = count_written(tables, table, commit, ("numOutputRows",))
            return Written(commit, max(rows_told - orphans, 0))
        target = writes.prepare_columns(tables, table, latest)
        clauses = deduplicate.latest_clauses(
            latest.columns,
            definition.keys,
            sequence_by=_sequence(definition),
            target_columns=target,
        )
        commit = writes.merge(tables, table, latest, on=definition.keys, clauses=clauses, tag=tag)
        metrics = ("numTargetRowsInserted", "numTargetRowsUpdated")
        return Written(commit, count_written(tables, table, commit, metrics))

    def table_after(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> DataFrame:
        """Grain: one row per key."""
        if batch.is_whole:
            return _latest(definition, with_orphans(context, definition, rows)[0])
        stored = context.tables.read(definition.name)
        both = stored.unionByName(rows, allowMissingColumns=True).select(*rows.columns)
        return _latest(definition, both)


def _sequence(definition: Definition) -> str:
    table = definition.table
    if not isinstance(table, SilverTable) or table.sequence_by is None:
        raise RunFailed("write: scd1 has no sequence_by", where=definition.name)
    return table.sequence_by


def _latest(definition: Definition, rows: DataFrame) -> DataFrame:
    sequence = _sequence(definition)
    return deduplicate.latest_per_key(rows, keys=definition.keys, sequence_by=sequence)
