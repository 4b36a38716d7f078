"""Idempotent writes: each is one Delta commit, tagged with what was read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pyspark.sql import DataFrame, DataFrameWriter, SparkSession

from lakehouse.errors import RunFailed
from lakehouse.storage.failures import is_conflict
from lakehouse.storage.history import TAG, Commit
from lakehouse.storage.tables import Tables

Tag = Mapping[str, Any]

_METADATA = "spark.databricks.delta.commitInfo.userMetadata"
_READ_ANYWHERE = ("gold", "ops")
"""Schemas whose tables have no deletion vectors: pandas over deltalake, and older readers, refuse a
table with them (docs/reading.md)."""


def overwrite(tables: Tables, table: str, frame: DataFrame, tag: Tag) -> Commit:
    """Overwrite the rows and the schema of the table; create it if it does not exist."""
    writer = _writer(table, frame, "overwrite").option("overwriteSchema", "true")
    return _save(tables, table, writer, tag)


def append(tables: Tables, table: str, frame: DataFrame, tag: Tag) -> Commit:
    """Append the frame's rows, and add its new columns; create the table if it does not exist."""
    if tables.settings.catalog and not tables.exists(table):
        # An append that creates a table in a catalog loses its tag.
        return overwrite(tables, table, frame, tag)
    writer = _writer(table, frame, "append").option("mergeSchema", "true")
    return _save(tables, table, writer, tag)


def append_records(tables: Tables, table: str, frame: DataFrame, tag: Tag | None = None) -> None:
    """Append rows to a table of records, without looking up the commit."""
    writer = _writer(table, frame, "append").option("mergeSchema", "true")
    _save_files(tables, table, writer, tag or {})


def append_after(
    tables: Tables, table: str, frame: DataFrame, tag: Tag, *, version: int | None
) -> Commit | None:
    """``append`` only if the table is still at ``version`` (None: absent); else return None.

    Delta lets concurrent appends succeed. Here its transaction id is the version that the writer
    has seen, so that of two writers that saw the same version one writes nothing.
    """
    if version is None:
        return append(tables, table, frame, tag)
    writer = _writer(table, frame, "append").option("mergeSchema", "true")
    writer = writer.option("txnAppId", f"lakehouse/{table}").option("txnVersion", version + 1)
    try:
        _save_files(tables, table, writer, tag)
    except Exception as problem:
        if not is_conflict(problem):
            raise
    return find_commit(tables, table, tag)


def prepare_columns(tables: Tables, table: str, frame: DataFrame) -> list[str]:
    """Add the frame's columns that the table lacks, NULL in stored rows.

    Returns the columns that the table had before.
    """
    stored = tables.read(table).columns
    missing = [(name, kind) for name, kind in frame.dtypes if name not in stored]
    if missing:
        columns = ", ".join(f"`{name}` {kind}" for name, kind in missing)
        tables.spark.sql(f"ALTER TABLE {tables.identifier(table)} ADD COLUMNS ({columns})")
    return stored


def replace_where(tables: Tables, table: str, frame: DataFrame, predicate: str, tag: Tag) -> Commit:
    """Replace the rows that satisfy ``predicate`` by the frame's, which must all satisfy it."""
    writer = _writer(table, frame, "overwrite").option("mergeSchema", "true")
    return _save(tables, table, writer.option("replaceWhere", predicate), tag)


def merge(
    tables: Tables,
    table: str,
    source: DataFrame,
    *,
    on: Sequence[str],
    clauses: str,
    tag: Tag,
    only: str | None = None,
) -> Commit:
    """MERGE ``source`` (alias ``s``) into the table (alias ``t``), null-safe on columns ``on``.

    ``only`` is a further condition for a match.
    """
    equal = [f"t.`{name}` <=> s.`{name}`" for name in on]
    condition = " AND ".join([*equal, only] if only else equal)
    statement = (
        f"MERGE WITH SCHEMA EVOLUTION INTO {_escape_braces(tables.identifier(table))} AS t "
        f"USING {{source}} AS s ON {_escape_braces(condition)} {_escape_braces(clauses)}"
    )
    with session_tag(tables.spark, tag):
        tables.spark.sql(statement, source=source)
    return _find_or_make_commit(tables, table, tag)


def delete(tables: Tables, table: str, predicate: str, tag: Tag) -> Commit:
    """Delete the rows that satisfy ``predicate``; Delta logs it, so no personal values in it."""
    with session_tag(tables.spark, tag):
        tables.spark.sql(f"DELETE FROM {tables.identifier(table)} WHERE {predicate}")
    return _find_or_make_commit(tables, table, tag)


def _writer(table: str, frame: DataFrame, mode: str) -> DataFrameWriter:
    return frame.write.format("delta").mode(mode).options(**_properties(table))


def _properties(table: str) -> dict[str, str]:
    """The Delta properties of a new table; those of an existing table are not changed."""
    has_vectors = table.partition(".")[0] not in _READ_ANYWHERE
    return {
        "delta.enableChangeDataFeed": "true",
        "delta.enableDeletionVectors": str(has_vectors).lower(),
    }


def _save(tables: Tables, table: str, writer: DataFrameWriter, tag: Tag) -> Commit:
    _save_files(tables, table, writer, tag)
    return _find_or_make_commit(tables, table, tag)


def _save_files(tables: Tables, table: str, writer: DataFrameWriter, tag: Tag) -> None:
    _create_schema(tables, table)
    tagged = writer.option("userMetadata", _metadata(tag))
    if tables.settings.catalog:
        tagged.saveAsTable(tables.identifier(table))
    else:
        tagged.save(tables.path(table))


def record_progress(tables: Tables, table: str, tag: Tag) -> Commit:
    """Make a commit that changes no row and records how far the table has read."""
    with session_tag(tables.spark, tag):
        tables.spark.sql(
            f"ALTER TABLE {tables.identifier(table)} "
            f"SET TBLPROPERTIES ('lakehouse.read_by_run' = '{tag['run_id']}')"
        )
    commit = find_commit(tables, table, tag)
    if commit is None:
        raise RunFailed("the commit is not in the log", where=table, hint="run the same step again")
    return commit


def _create_schema(tables: Tables, table: str) -> None:
    if tables.settings.catalog:
        schema = tables.identifier(table).rpartition(".")[0]
        tables.spark.sql(f"CREATE SCHEMA IF NOT EXISTS {schema}")


def _find_or_make_commit(tables: Tables, table: str, tag: Tag) -> Commit:
    """The commit with this tag. Makes one where Delta skipped a write that changes nothing."""
    return find_commit(tables, table, tag) or record_progress(tables, table, tag)


def find_commit(tables: Tables, table: str, tag: Tag) -> Commit | None:
    """The newest commit with this tag; the newest of all may be a maintenance commit."""
    return next(
        (c for c in tables.commits(table, limit=10) if c.tag == json.loads(json.dumps(dict(tag)))),
        None,
    )


def _metadata(tag: Tag) -> str:
    return json.dumps({TAG: dict(tag)}, sort_keys=True)


@contextmanager
def session_tag(spark: SparkSession, tag: Tag) -> Iterator[None]:
    """Set the tag as session setting for SQL writes, and unset it before the next write."""
    spark.conf.set(_METADATA, _metadata(tag))
    try:
        yield
    finally:
        spark.conf.unset(_METADATA)


def _escape_braces(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
