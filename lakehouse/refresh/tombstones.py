"""Tombstones of an ``scd1`` table with deletes: the rows that deleted a key.

``silver.orders`` has only rows of keys that exist. ``silver.orders__deleted`` has the rows that
deleted a key, so that a late row from before the deletion does not bring the key back:

    order that arrives    silver.orders    silver.orders__deleted
    7, sequence 1         7 (1)
    7, sequence 3, 'D'                     7 (3)
    7, sequence 2                          7 (3)      superseded
    7, sequence 4         7 (4)            7 (3)      which has no effect any more

Tombstones are written before the table. ``_source_version`` is the version of the source up to
which the table had read; rows beyond the table's progress, left by a crash or a ``RESTORE``, are
ignored. So are those that are older than ``keep_deletes``.
"""

from __future__ import annotations

from datetime import date, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import SilverTable
from lakehouse.config.names import DELETED
from lakehouse.refresh.batch import Batch
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.key_filter import filter_by_keys
from lakehouse.refresh.orphans import read_replaced_orphans
from lakehouse.refresh.precedence import source_version
from lakehouse.storage import writes

_VERSION = "_source_version"


def table_of(table: str) -> str:
    """The table of tombstones: ``silver.orders__deleted`` for ``silver.orders``."""
    return f"{table}{DELETED}"


def read(context: RunContext, definition: Definition, like: DataFrame) -> DataFrame | None:
    """The tombstones that count, with the columns of ``like``; None where there are none."""
    name = table_of(definition.name)
    progress = context.progress.progress(context.tables, definition.name)
    if progress is None or context.progress.state(context.tables, name) is None:
        return None
    read = source_version(progress.inputs, definition.sources)
    rows = context.tables.read(name).where(F.col(_VERSION) <= F.lit(read))
    oldest = _oldest_kept(definition, progress.watermark)
    if oldest is not None:
        rows = rows.where(F.col("_known_date") >= F.lit(oldest))
    missing = [column for column in like.columns if column not in rows.columns]
    return rows.withColumns({column: F.lit(None) for column in missing}).select(*like.columns)


def read_orphans(context: RunContext, definition: Definition, like: DataFrame) -> DataFrame | None:
    """The tombstones of days that the source no longer has, which a full refresh keeps."""
    name = table_of(definition.name)
    if context.progress.state(context.tables, name) is None:
        return None
    return read_replaced_orphans(context, definition, name, like)


def write(
    context: RunContext,
    definition: Definition,
    batch: Batch,
    rows: DataFrame,
    affected: DataFrame | None = None,
) -> None:
    """Write the rows that delete their key with this batch; in a full read, all of them.

    With ``affected``, earlier tombstones of these keys are removed. A retried batch replaces the
    rows of its first attempt.
    """
    tables, name = context.tables, table_of(definition.name)
    read = source_version(batch.inputs, definition.sources)
    marked = rows.withColumn(_VERSION, F.lit(read).cast("long"))
    tag = {"run_id": context.run.run_id, "table": definition.name}
    with context.progress.locked(tables, name):
        exists = context.progress.state(tables, name) is not None
        context.progress.forget(name)
        if not exists and marked.isEmpty():
            return
        if batch.since is None or not exists:
            writes.overwrite(tables, name, marked, tag)
            return
        _remove(
            context, definition, f"{_VERSION} > {source_version(batch.since, definition.sources)}"
        )
        if affected is not None:
            held = filter_by_keys(tables.read(name), affected, keys=definition.keys)
            keys = context.keep(held.select(*definition.keys).distinct())
            writes.merge(
                tables, name, keys, on=definition.keys, clauses="WHEN MATCHED THEN DELETE", tag=tag
            )
        progress = context.progress.progress(tables, definition.name)
        oldest = _oldest_kept(definition, progress.watermark if progress else None)
        if oldest is not None:
            _remove(context, definition, f"_known_date < DATE'{oldest}'")
        writes.prepare_columns(tables, name, marked)
        writes.append(tables, name, marked, tag)


def _remove(context: RunContext, definition: Definition, predicate: str) -> None:
    tables, name = context.tables, table_of(definition.name)
    if not tables.read(name).where(predicate).isEmpty():
        tag = {"run_id": context.run.run_id, "table": definition.name, "clears": predicate}
        writes.delete(tables, name, predicate, tag)


def _oldest_kept(definition: Definition, watermark: date | None) -> date | None:
    """The first business day whose deletions are remembered; None: all are."""
    table = definition.table
    days = table.keep_deletes_days if isinstance(table, SilverTable) else None
    return None if days is None or watermark is None else watermark - timedelta(days=days)
