"""Tables of records: the rows of a scope are replaced, so that a repeat changes nothing; or rows
are only ever appended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import types as T

from lakehouse.storage import writes
from lakehouse.storage.failures import failures_of
from lakehouse.storage.locks import table_lock
from lakehouse.storage.tables import Tables


def replace_records(
    tables: Tables,
    table: str,
    rows: Sequence[Mapping[str, Any]],
    schema: T.StructType,
    *,
    scope: str,
    run_id: str,
) -> int | None:
    """Replace the rows that satisfy ``scope`` by ``rows``, which must all satisfy it, in one commit
    of the run; create the table if it does not exist.

    Returns the version written; None where there are neither rows nor a table.
    """
    with failures_of(table), table_lock(tables, table):
        exists = bool(tables.commits(table, limit=1))
        if not rows and not exists:
            return None
        values = [tuple(row[name] for name in schema.names) for row in rows]
        frame = tables.spark.createDataFrame(values, schema).coalesce(1)
        tag = {"run_id": run_id, "scope": scope}
        if not exists:
            return writes.append(tables, table, frame, tag).version
        return writes.replace_where(tables, table, frame, scope, tag).version


def append_to_log(
    tables: Tables, table: str, rows: Sequence[Mapping[str, Any]], schema: T.StructType
) -> None:
    """Append rows to a log of what cannot be taken back; create the table if it does not exist.

    The commit has no run id, so that ``lakehouse undo`` leaves it.
    """
    with failures_of(table), table_lock(tables, table):
        values = [tuple(row[name] for name in schema.names) for row in rows]
        frame = tables.spark.createDataFrame(values, schema).coalesce(1)
        writes.append_records(tables, table, frame)
