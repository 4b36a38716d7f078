"""Silver: new bronze rows, protected, shaped, checked, and written in one of three ways."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import DataFrame

from lakehouse.config.declarations import SilverTable
from lakehouse.layers import append, gate, quarantine, scd1, scd2, shapes
from lakehouse.layers.changes import Batch, new_rows
from lakehouse.layers.lake import Lake, shape_hash
from lakehouse.layers.lookups import known_on_row_days
from lakehouse.layers.refresh import Refresh, skipped, stopped
from lakehouse.privacy.protect import protect
from lakehouse.sql import bind
from lakehouse.sql.carry import carry
from lakehouse.sql.query import Query
from lakehouse.storage import writes
from lakehouse.storage.locks import one_writer
from lakehouse.storage.tables import Commit

HIDDEN = ("_known_date", "_malformed")

Write = Callable[[Lake, SilverTable, DataFrame, Batch, writes.Tag], Commit]
WRITES: dict[str, Write] = {"append": append.write, "scd1": scd1.write, "scd2": scd2.write}
_WRITTEN = {
    "append": ("numTargetRowsInserted",),
    "scd1": ("numTargetRowsInserted", "numTargetRowsUpdated"),
    "scd2": ("numTargetRowsInserted",),
}


def check(lake: Lake, table: SilverTable) -> None:
    """Raise DeclarationError for a shape or a suite that is refused; reads no data."""
    lake.suite(table)
    if shapes.is_sql(table):
        silver_query(table)


def refresh(lake: Lake, table: SilverTable) -> Refresh:
    """Take what is new in the source through protect, shape, check, write.

    Grain: what the shape makes of a source row. Raises nothing for a gate: the refresh says it.
    """
    with one_writer(lake.tables, table.table):
        last = None if lake.run.full_refresh else lake.tables.last_tagged(table.table)
        batch = new_rows(lake.tables, table.source, last)
        if batch is None:
            return skipped(table.table, f"nothing new in {table.source}")
        missing = [name for name in table.lookups if not lake.tables.exists(name)]
        if batch.told == 0:
            return skipped(table.table, f"nothing new in {table.source}")
        if missing:
            return skipped(table.table, f"waits for {', '.join(missing)}")
        return _refresh(lake, table, batch)


def _refresh(lake: Lake, table: SilverTable, batch: Batch) -> Refresh:
    checked = gate.check(
        shape(lake, table, batch.frame),
        lake.suite(table),
        day="_known_date",
        would_be=lambda accepted: _would_be(lake, table, accepted, batch),
    )
    verdict = checked.verdict
    outcome = Refresh(
        table.table,
        rows_input=batch.count(),
        rows_read=verdict.rows_read,
        rows_quarantined=verdict.rows_quarantined,
        input_versions={table.source: batch.until},
        rules=list(verdict.results),
    )
    rejected = verdict.rows_quarantined
    quarantine.write(lake, table.table, checked.rejected, rejected, batch=batch.name)
    if verdict.stopped:
        return stopped(outcome, verdict, lake.run)
    tag = {
        "run_id": lake.run.run_id,
        "inputs": {table.source: batch.until},
        "shape": shape_hash(table),
    }
    return _written(outcome, table, WRITES[table.write](lake, table, checked.accepted, batch, tag))


def shape(lake: Lake, table: SilverTable, rows: DataFrame) -> DataFrame:
    """Bronze rows, protected, through the shape; with ``_known_date`` and ``_malformed``."""
    columns = lake.pipeline.bronze[table.source].columns
    protected = protect(rows, columns, lake.policy, lake.key, lake.spark)
    frames = {table.source: protected, **known_on_row_days(lake, table, protected)}
    if not shapes.is_sql(table):
        return shapes.run_python(table, frames, on=lake.run.end, needs=HIDDEN)
    return bind.run(lake.spark, silver_query(table), frames)


def silver_query(table: SilverTable) -> Query:
    """The table's SQL with the hidden columns carried along, and lookups tied to the row's day."""
    return carry(shapes.query(table), table.source, HIDDEN, lookups=table.lookups)


def _would_be(lake: Lake, table: SilverTable, accepted: DataFrame, batch: Batch) -> DataFrame:
    """Grain: the current row of each key, or each row of an ``append`` table, after the write."""
    rows = accepted
    if batch.since is not None:
        now = lake.tables.read(table.table)
        current = now.where("is_current") if table.write == "scd2" else now
        both = current.unionByName(accepted, allowMissingColumns=True)
        rows = both.select(*accepted.columns)
    if table.write == "append":
        return append.first_per_key(rows, keys=table.keys)
    return scd1.latest_per_key(rows, keys=table.keys, sequence_by=str(table.sequence_by))


def _written(outcome: Refresh, table: SilverTable, commit: Commit) -> Refresh:
    merged = commit.operation == "MERGE"
    outcome.rows_written = commit.rows(*(_WRITTEN[table.write] if merged else ("numOutputRows",)))
    accepted = outcome.rows_read - outcome.rows_quarantined
    outcome.rows_superseded = accepted - outcome.rows_written
    outcome.output_version = commit.version
    outcome.assert_nothing_lost(changes_rows=table.changes_rows)
    return outcome
