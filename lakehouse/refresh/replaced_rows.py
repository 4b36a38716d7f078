"""Rows that left an ``append`` table because their file was replaced, for point-in-time reads.

``silver.orders`` has only current rows. ``silver.orders__replaced`` has every accepted row of a
replaced file content, with ``_known_until``: the day from which it is no longer known. A
point-in-time read takes the rows of both tables that were known on the day. The replaced rows are
written before the table: ``_source_version`` is the version of the source up to which the table had
read, and rows beyond the table's progress, left by a crash or a ``RESTORE``, are ignored.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.names import REPLACED
from lakehouse.refresh.batch import Batch
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.orphans import read_replaced_orphans
from lakehouse.refresh.precedence import source_version
from lakehouse.refresh.replacements import HAS_REPLACED
from lakehouse.sql.point_in_time import KNOWN_UNTIL
from lakehouse.storage import writes

_VERSION = "_source_version"


def table_of(table: str) -> str:
    """The table of replaced rows: ``silver.orders__replaced`` for ``silver.orders``."""
    return f"{table}{REPLACED}"


def has_any(context: RunContext, table: str) -> bool:
    """Whether the table, or its ``__replaced`` table, has rows of replaced files."""
    progress = context.progress.progress(context.tables, table)
    return progress is not None and bool(progress.commit.tag.get(HAS_REPLACED))


def write(context: RunContext, definition: Definition, batch: Batch, rows: DataFrame) -> None:
    """Write the rows that leave the table with this batch; in a full read, all that ever left.

    A retried batch replaces the rows of its first attempt.
    """
    tables, name = context.tables, table_of(definition.name)
    # Rows replaced on the day they became known were never known at the end of a day.
    replaced = rows.where(F.col(KNOWN_UNTIL) > F.col("_known_date"))
    replaced = replaced.withColumn(
        _VERSION, F.lit(source_version(batch.inputs, definition.sources)).cast("long")
    )
    tag = {"run_id": context.run.run_id, "table": definition.name}
    with context.progress.locked(tables, name):
        is_new = context.progress.state(tables, name) is None
        context.progress.forget(name)
        held = has_any(context, definition.name) and not is_new
        if batch.since is None or not held:
            orphans = read_replaced_orphans(context, definition, name, replaced) if held else None
            everything = replaced
            if orphans is not None:
                everything = replaced.unionByName(orphans, allowMissingColumns=True)
            writes.overwrite(tables, name, everything, tag)
            return
        beyond = f"{_VERSION} > {source_version(batch.since, definition.sources)}"
        if not tables.read(name).where(beyond).isEmpty():
            writes.delete(tables, name, beyond, {**tag, "clears": beyond})
        writes.append(tables, name, replaced, tag)


def add_replaced(context: RunContext, table: str, rows: DataFrame) -> DataFrame:
    """Add the rows that left an ``append`` table, with ``_known_until``, NULL for current rows.

    Where no row ever left it, the rows are returned unchanged, without that column.
    """
    progress = context.progress.progress(context.tables, table)
    if progress is None or not has_any(context, table):
        return rows
    read = source_version(progress.inputs, context.pipeline.silver[table].sources)
    replaced = context.tables.read(table_of(table))
    replaced = replaced.where(F.col(_VERSION) <= F.lit(read)).drop(_VERSION)
    current = rows.withColumn(KNOWN_UNTIL, F.lit(None).cast("date"))
    return current.unionByName(replaced, allowMissingColumns=True).select(*current.columns)
