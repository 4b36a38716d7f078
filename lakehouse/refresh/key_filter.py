"""Filter rows by the keys of other rows, and compare the keys of rows with those of a table."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.storage.locks import is_lockable
from lakehouse.storage.tables import Tables


def filter_by_keys(
    rows: DataFrame, wanted: DataFrame, *, keys: Sequence[str], how: str = "left_semi"
) -> DataFrame:
    """The rows whose key is in ``wanted``, null-safe; with ``left_anti``, the others."""
    names = [f"_key_{number}" for number in range(len(keys))]
    renamed = wanted.select(
        *[F.col(key).alias(name) for key, name in zip(keys, names, strict=True)]
    )
    same = [F.col(key).eqNullSafe(F.col(name)) for key, name in zip(keys, names, strict=True)]
    return rows.join(renamed, same, how)


def is_insert_only(tables: Tables, table: str, rows: DataFrame, keys: Sequence[str]) -> bool:
    """Whether the table has no row with a key of ``rows``, and gets none before the write: an
    append is then enough to upsert them.

    Only where a lock keeps other writers away: Delta notices that two writers merged the same keys,
    but lets both of two appends succeed.
    """
    if not is_lockable(tables):
        return False
    return filter_by_keys(rows.select(*keys), tables.read(table), keys=keys).isEmpty()
