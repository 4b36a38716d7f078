"""Rows that failed a critical rule: protected columns, the failed rules, and the run."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.errors import RunFailed
from lakehouse.layers.lake import Lake
from lakehouse.storage import writes


def table_of(table: str) -> str:
    """``quarantine.silver_orders`` of ``silver.orders``."""
    return f"quarantine.{table.replace('.', '_')}"


def write(
    lake: Lake,
    table: str,
    rejected: DataFrame,
    count: int,
    *,
    batch: str | None,
    clears: str | None = None,
) -> None:
    """The rejected rows of one batch. A batch tried again takes the place of its first try.

    ``batch`` names where the batch starts: as long as the table has not moved on, the next attempt
    has the same name. None is a whole table, which takes the place of everything. ``clears`` is a
    predicate of rows that this batch decides anew.
    """
    name = table_of(table)
    last = lake.tables.last_tagged(name)
    if not count and not last:
        return
    tag = {"run_id": lake.run.run_id, "batch": batch}
    rows = rejected.drop("_malformed").withColumn("_run_id", F.lit(lake.run.run_id))
    if batch is None or last is None:
        _check(name, count, writes.overwrite(lake.tables, name, rows, tag).rows("numOutputRows"))
        return
    stale = f"_run_id = '{last.tag['run_id']}'" if last.tag.get("batch") == batch else None
    for predicate in filter(None, (clears, stale)):
        gone = {"run_id": lake.run.run_id, "clears": predicate}
        writes.delete(lake.tables, name, predicate, gone)
    if count:
        _check(name, count, writes.append(lake.tables, name, rows, tag).rows("numOutputRows"))


def _check(name: str, expected: int, written: int) -> None:
    if expected != written:
        raise RunFailed(f"{written} rows arrived where {expected} were rejected", where=name)
