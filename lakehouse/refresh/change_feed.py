"""Incremental reads: the rows of an input since its watermark, from Delta's change data feed."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import SilverTable
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.history import HISTORY
from lakehouse.storage.history import Commit, TableState
from lakehouse.storage.tables import Tables, columns_of

WHOLE = "whole"
"""The key in a commit's tag which says that the commit replaced every row of the table."""
_FEED = ("_change_type", "_commit_version", "_commit_timestamp")
_UNREADABLE = (
    *("DELTA_VERSION_NOT_FOUND", "DELTA_CHANGE_DATA_FILE_NOT_FOUND", "DELTA_LOG_FILE_NOT_FOUND"),
    *("DELTA_FILE_NOT_FOUND", "DELTA_MISSING_CHANGE_DATA", "DELTA_STATE_RECOVER_ERROR"),
    *("DELTA_CHANGE_DATA_FEED", "DELTA_TRUNCATED_TRANSACTION_LOG", "FAILED_READ_FILE"),
    *("DELTA_FAILED_READ_FILE_FOOTER", "FileNotFoundException", "DELTA_VERSION_INVALID"),
)
_WRITES = ("numTargetRowsInserted", "numTargetRowsUpdated", "numOutputRows")


def is_unreadable(problem: BaseException | None) -> bool:
    """Whether an error says that the changes can no longer be read: a vacuumed feed, an expired
    log. The current rows of the input can still be read."""
    while problem is not None:
        condition = getattr(problem, "getCondition", lambda: None)() or ""
        if condition.startswith(_UNREADABLE) or any(sign in str(problem) for sign in _UNREADABLE):
            return True
        problem = problem.__cause__
    return False


def read_inserts(tables: Tables, table: str, since: int, until: int) -> DataFrame:
    """Rows inserted after version ``since`` up to ``until``."""
    feed = tables.changes(table, since, until).where(F.col("_change_type") == "insert")
    return feed.drop(*_FEED)


def count_inserted_rows(commits: list[Commit]) -> int | None:
    """The number of rows that the commits inserted; None where metrics are missing."""
    counts = [c.rows("numOutputRows") for c in commits if c.changes_rows]
    recorded = [count for count in counts if count is not None]
    is_append = all(c.operation == "WRITE" for c in commits if c.changes_rows)
    return sum(recorded) if is_append and len(recorded) == len(counts) else None


def has_changed(state: TableState, since: int) -> bool:
    """Whether rows of the table may have changed since version ``since``."""
    newer = state.after(since)
    return newer is None or any(commit.changes_rows for commit in newer)


def count_written(tables: Tables, table: str, commit: Commit, metrics: tuple[str, ...]) -> int:
    """The rows that a commit wrote, from its metrics or else from the change data feed."""
    recorded = commit.rows(*metrics)
    if recorded is not None or not commit.changes_rows:
        return recorded or 0
    kinds = ["insert"] + (["update_postimage"] if "numTargetRowsUpdated" in metrics else [])
    feed = tables.changes(table, commit.version - 1, commit.version)
    return feed.where(F.col("_change_type").isin(kinds)).count()


def read_current_rows(context: RunContext, name: str, version: int) -> DataFrame:
    """An input of gold at a version; of an ``scd2`` table only the current rows."""
    return _project_input(context, name, context.tables.read(name, version))


def read_images(context: RunContext, name: str, since: int, until: int) -> DataFrame:
    """The before and after images of all changes after ``since`` up to ``until``."""
    return _project_input(context, name, context.tables.changes(name, since, until).drop(*_FEED))


def read_with_deleted(context: RunContext, name: str, since: int, until: int) -> DataFrame:
    """The current rows of an input and those deleted or overwritten since version ``since``.

    An affected key may be found in the deleted rows alone.
    """
    current = read_current_rows(context, name, until)
    if since == until:
        return current
    feed = context.tables.changes(name, since, until)
    deleted = feed.where(F.col("_change_type").isin("delete", "update_preimage")).drop(*_FEED)
    return current.unionByName(_project_input(context, name, deleted), allowMissingColumns=True)


def _project_input(context: RunContext, name: str, rows: DataFrame) -> DataFrame:
    declared = context.pipeline.tables().get(name)
    if not isinstance(declared, SilverTable) or not declared.keeps_history:
        return rows.drop("_known_date")
    return rows.where(F.col("is_current")).select(*columns_of(rows, but=HISTORY))
