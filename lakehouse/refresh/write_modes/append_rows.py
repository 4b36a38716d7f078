"""The append of new rows; for an upsert that only inserts, a fraction of the work of a MERGE."""

from __future__ import annotations

from pyspark.sql import DataFrame

from lakehouse.refresh.change_feed import count_written
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.storage import writes
from lakehouse.storage.tables import Tables


def append_rows(tables: Tables, table: str, rows: DataFrame, tag: Tag) -> Written:
    """Append all ``rows``, in one commit. See ``is_insert_only`` for when that is enough."""
    commit = writes.append(tables, table, rows, tag)
    written = count_written(tables, table, commit, ("numOutputRows",))
    return Written(commit, written, appended=rows)
