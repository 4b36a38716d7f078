"""Retention: delete bronze and quarantined rows that were known longer ago than the table keeps.

The commit is tagged, so that silver, which keeps what it derived from the rows, does not take it
for a change. ``ops.files`` goes first: it remembers that the files were loaded, so that a file
which is still in the landing folder is not loaded again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from pyspark.sql import functions as F

from lakehouse.refresh import quarantine_table, replacements
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.file_ledger import write_records
from lakehouse.refresh.kept_versions import lagging_readers
from lakehouse.storage import writes
from lakehouse.storage.history import MAINTENANCE, RETENTION


@dataclass(frozen=True)
class Expired:
    """The rows of a table that were known before ``before``; ``waits_for`` says why they stay."""

    before: date
    rows: int
    waits_for: str = ""


def find_expired_rows(context: RunContext, table: str, day: date) -> Expired | None:
    """The rows that the table need not keep on the business day ``day``; None without any.

    The rows of a quarantine expire with those of the bronze tables from which they came.
    """
    keep = _keep_days(context, table)
    if keep is None or context.progress.state(context.tables, table) is None:
        return None
    rows, before = context.tables.read(table), day - timedelta(days=keep)
    if "_known_date" not in rows.columns:
        return None
    count = rows.where(F.col("_known_date") < F.lit(before)).count()
    return Expired(before, count, _find_obstacle(context, table)) if count else None


def delete_expired_rows(context: RunContext, table: str, expired: Expired) -> None:
    """Delete the expired rows, in one commit; the caller holds the table's lock."""
    tables, run_id = context.tables, context.run.run_id
    if table in context.pipeline.bronze:
        _remember_files(context, table, expired.before)
    tag = {"run_id": run_id, MAINTENANCE: RETENTION, "before": str(expired.before)}
    writes.delete(tables, table, f"_known_date < DATE'{expired.before}'", tag)
    context.progress.forget(table)


def _keep_days(context: RunContext, table: str) -> int | None:
    bronze, silver = context.pipeline.bronze, context.pipeline.silver
    if table in bronze:
        return bronze[table].keep_days
    sources = [t.sources for name, t in silver.items() if quarantine_table.table_of(name) == table]
    kept = [bronze[source].keep_days for source in (sources[0] if sources else ())]
    return max((days for days in kept if days is not None), default=None) if all(kept) else None


def _find_obstacle(context: RunContext, table: str) -> str:
    """Why expired rows have to stay for now; empty where they may go."""
    if table not in context.pipeline.bronze:
        return ""
    lagging = lagging_readers(context, table)
    if lagging:
        return f"{', '.join(lagging)} to read them"
    tables, progress = context.tables, context.progress
    if replacements.may_have_replaced(context.pipeline, tables, progress, table):
        return "a full refresh: rows of replaced files are read again"
    return ""


def _remember_files(context: RunContext, table: str, before: date) -> None:
    """Record that nothing is left of the files whose rows all expire.

    A record without rows stays when the ledger is rebuilt from bronze.
    """
    tables, progress = context.tables, context.progress
    records, rebuilt = context.ledger.records(tables, progress, table)
    newest = tables.read(table).groupBy("_source_file").agg(F.max("_known_date").alias("_newest"))
    gone = newest.where(F.col("_newest") < F.lit(before)).select("_source_file").collect()
    message = f"rows known before {before} were deleted"
    emptied = [
        replace(records[path], rows=0, rows_rescued=0, message=message)
        for (path,) in gone
        if path in records and records[path].outcome == "loaded"
    ]
    changed = [*rebuilt, *emptied]
    marks = {MAINTENANCE: RETENTION}
    write_records(tables, progress, changed, run_id=context.run.run_id, marks=marks)
