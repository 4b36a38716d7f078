"""Take the newest commits of a table back, in one commit that is tagged as an undo."""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse.errors import RunFailed
from lakehouse.storage.history import MAINTENANCE, REMOVES, UNDO, UNDOES, Commit
from lakehouse.storage.tables import Tables
from lakehouse.storage.writes import find_commit, overwrite, session_tag


def restore(tables: Tables, table: str, version: int, *, run_id: str, undoes: str) -> Commit:
    """RESTORE the table to ``version``: its rows, its schema and its properties.

    ``run_id`` is the run that undoes, ``undoes`` the one that is taken back.
    """
    tag = {"run_id": run_id, MAINTENANCE: UNDO, UNDOES: undoes}
    with session_tag(tables.spark, tag):
        tables.spark.sql(
            f"RESTORE TABLE {tables.identifier(table)} TO VERSION AS OF {int(version)}"
        )
    commit = find_commit(tables, table, tag)
    if commit is None:
        raise RunFailed("the commit is not in the log", where=table, hint="run the same step again")
    return commit


def remove(
    tables: Tables, table: str, columns: Sequence[str], *, run_id: str, undoes: str
) -> Commit:
    """Overwrite the table with no rows, so that it counts as not written yet.

    It keeps ``columns``; later writes add those that they need. The folder of a table is not
    deleted: that is not an atomic commit, and Spark cannot drop a table without a catalog.
    """
    rows = tables.read(table).select(*columns).limit(0)
    tag = {"run_id": run_id, MAINTENANCE: UNDO, UNDOES: undoes, REMOVES: True}
    return overwrite(tables, table, rows, tag)
