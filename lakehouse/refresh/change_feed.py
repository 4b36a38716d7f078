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
"""Marks, in a commit's tag, that the commit replaced every row of the table."""
_FEED = ("_change_type", "_commit_version", "_commit_timestamp")
_UNREADABLE = (
    *("DELTA_VERSION_NOT_FOUND", "DELTA_CHANGE_DATA_FILE_NOT_FOUND", "DELTA_LOG_FILE_NOT_FOUND"),
    *("DELTA_FILE_NOT_FOUND", "DELTA_MISSING_CHANGE_DATA", "DELTA_STATE_RECOVER_ERROR"),
    *("DELTA_CHANGE_DATA_FEED", "DELTA_TRUNCATED_TRANSACTION_LOG", "FAILED_READ_FILE"),
    *("DELTA_FAILED_READ_FILE_FOOTER", "FileNotFoundException", "DELTA_VERSION_INVALID"),
)
_WRITES = ("numTargetRowsInserted", "numTargetRowsUpdated", "numOutputRows")


def is_unreadable(problem: BaseException | None) -> bool:
    """Whether an error says that the changes cannot be read any more: a vacuumed feed, an
    expired log. The whole input can still be read."""
    while problem is not None:
        condition = getattr(problem, "getCondition", lambda: None)() or ""
        if condition.startswith(_UNREADABLE) or any(sign in str(problem) for sign in _UNREADABLE):
            return True
        problem = problem.__cause__
    return False


def inserts(tables: Tables, table: str, since: int, until: int) -> DataFrame:
    """Rows inserted after version ``since`` up to ``until``."""
    feed = tables.changes(table, since, until).where(F.col("_change_type") == "insert")
    return feed.drop(*_FEED)


def inserted_rows(commits: list[Commit]) -> int | None:
    """How many rows the commits inserted; None where they do not all tell."""
    counts = [c.rows("numOutputRows") for c in commits if c.changes_rows]
    told = [count for count in counts if count is not None]
    is_append = all(c.operation == "WRITE" for c in commits if c.changes_rows)
    return sum(told) if is_append and len(told) == len(counts) else None


def has_moved(state: TableState, since: int) -> bool:
    """Whether the table may hold other rows than at version ``since``."""
    newer = state.after(since)
    return newer is None or any(commit.changes_rows for commit in newer)


def count_written(tables: Tables, table: str, commit: Commit, metrics: tuple[str, ...]) -> int:
    """Rows that a commit wrote: as its metrics tell, else counted in the change data feed."""
    told = commit.rows(*metrics)
    if told is not None or not commit.changes_rows:
        return told or 0
    kinds = ["insert"] + (["update_postimage"] if "numTargetRowsUpdated" in metrics else [])
    feed = tables.changes(table, commit.version - 1, commit.version)
    return feed.where(F.col("_change_type").isin(kinds)).count()


def current_rows(context: RunContext, name: str, version: int) -> DataFrame:
    """An input of gold at a version; of an ``scd2`` table its current rows."""
    return _as_read(context, name, context.tables.read(name, version))


def images(context: RunContext, name: str, since: int, until: int) -> DataFrame:
    """Rows before and after every change between two versions."""
    return _as_read(context, name, context.tables.changes(name, since, until).drop(*_FEED))


def rows_now_and_before(context: RunContext, name: str, since: int, until: int) -> DataFrame:
    """The input as it is, with the rows that went away since: a key may be known from them."""
    whole = current_rows(context, name, until)
    if since == until:
        return whole
    feed = context.tables.changes(name, since, until)
    gone = feed.where(F.col("_change_type").isin("delete", "update_preimage")).drop(*_FEED)
    return whole.unionByName(_as_read(context, name, gone), allowMissingColumns=True)


def _as_read(context: RunContext, name: str, rows: DataFrame) -> DataFrame:
    declared = context.pipeline.tables().get(name)
    if not isinstance(declared, SilverTable) or not declared.keeps_history:
        return rows.drop("_known_date")
    return rows.where(F.col("is_current")).select(*columns_of(rows, but=HISTORY))
