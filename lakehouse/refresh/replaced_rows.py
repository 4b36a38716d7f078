"""Rows that left an ``append`` table because their file was replaced, for point-in-time reads.

``silver.orders`` holds current rows alone, for whoever reads it; ``silver.orders__replaced`` holds
every accepted row of a replaced content with ``_known_until``, the day since which it is not known
any more. What was known on a day are the rows of both that were known on it. It is written ahead of
the table: each row says up to which version of the source the table had read (``_source_version``),
and a row beyond the table's own progress, left by a crash or a ``RESTORE``, does not count.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.names import REPLACED
from lakehouse.refresh.batch import Batch
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.orphans import replaced_orphans
from lakehouse.refresh.replacements import HAS_REPLACED
from lakehouse.sql.point_in_time import KNOWN_UNTIL
from lakehouse.storage import writes

_VERSION = "_source_version"


def table_of(table: str) -> str:
    """``silver.orders__replaced`` of ``silver.orders``."""
    return f"{table}{REPLACED}"


def has_any(context: RunContext, table: str) -> bool:
    """Whether the table has, or keeps beside it, rows of replaced files."""
    progress = context.progress.progress(context.tables, table)
    return progress is not None and bool(progress.commit.tag.get(HAS_REPLACED))


def write(context: RunContext, definition: Definition, batch: Batch, rows: DataFrame) -> None:
    """The rows that leave the table with this batch; for a whole table all that ever left it.

    A batch tried again takes the place of its first try.
    """
    tables, name = context.tables, table_of(definition.name)
    source = definition.inputs[0]
    # A content that was replaced on the day it became known was never known at the end of a day.
    past = rows.where(F.col(KNOWN_UNTIL) > F.col("_known_date"))
    past = past.withColumn(_VERSION, F.lit(batch.inputs[source].version).cast("long"))
    tag = {"run_id": context.run.run_id, "table": definition.name}
    with context.progress.locked(tables, name):
        is_new = context.progress.state(tables, name) is None
        context.progress.forget(name)
        held = has_any(context, definition.name) and not is_new
        if batch.since is None or not held:
            orphans = replaced_orphans(context, definition, name, past) if held else None
            whole = past if orphans is None else past.unionByName(orphans, allowMissingColumns=True)
            writes.overwrite(tables, name, whole, tag)
            return
        beyond = f"{_VERSION} > {batch.since[source].version}"
        if not tables.read(name).where(beyond).isEmpty():
            writes.delete(tables, name, beyond, {**tag, "clears": beyond})
        writes.append(tables, name, past, tag)


def with_replaced(context: RunContext, table: str, rows: DataFrame) -> DataFrame:
    """The rows of an ``append`` table and those that left it, told apart by ``_known_until``; the
    table's rows alone, without that column, where none ever did."""
    progress = context.progress.progress(context.tables, table)
    if progress is None or not has_any(context, table):
        return rows
    at = progress.position(context.pipeline.silver[table].source)
    past = context.tables.read(table_of(table))
    past = past.where(F.col(_VERSION) <= F.lit(at.version if at else -1)).drop(_VERSION)
    current = rows.withColumn(KNOWN_UNTIL, F.lit(None).cast("date"))
    return current.unionByName(past, allowMissingColumns=True).select(*current.columns)
