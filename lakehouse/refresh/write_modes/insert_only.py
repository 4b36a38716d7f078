"""Whether an upsert only inserts: an append is then enough, a fraction of the work of a MERGE."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame

from lakehouse.refresh.key_filter import filter_by_keys
from lakehouse.storage.locks import is_lockable
from lakehouse.storage.tables import Tables


def is_insert_only(tables: Tables, table: str, rows: DataFrame, keys: Sequence[str]) -> bool:
    """Whether the table has no row with a key of ``rows``, and gets none before the write.

    Only where a lock keeps other writers away: Delta notices that two writers merged the same keys,
    but lets both of two appends succeed.
    """
    if not is_lockable(tables):
        return False
    return filter_by_keys(rows.select(*keys), tables.read(table), keys=keys).isEmpty()
