"""Incremental reads: the rows of an input since its watermark, from Delta's change data feed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial, reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import SilverTable
from lakehouse.refresh.batch import SMALL_ROWS
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.history import HISTORY
from lakehouse.refresh.progress import Position
from lakehouse.storage.failures import find_reason
from lakehouse.storage.history import Commit
from lakehouse.storage.session import is_connect
from lakehouse.storage.table_state import TableState
from lakehouse.storage.tables import Tables, columns_of

WHOLE = "whole"
"""The key in a commit's tag which says that the commit replaced every row of the table."""
_CHANGE_TYPE = "_change_type"
_FEED_COMMIT = ("_commit_version", "_commit_timestamp")
_FEED = (_CHANGE_TYPE, *_FEED_COMMIT)
_UNREADABLE = (
    *("DELTA_VERSION_NOT_FOUND", "DELTA_CHANGE_DATA_FILE_NOT_FOUND", "DELTA_LOG_FILE_NOT_FOUND"),
    *("DELTA_FILE_NOT_FOUND", "DELTA_MISSING_CHANGE_DATA", "DELTA_STATE_RECOVER_ERROR"),
    *("DELTA_CHANGE_DATA_FEED", "DELTA_TRUNCATED_TRANSACTION_LOG", "FAILED_READ_FILE"),
    *("DELTA_FAILED_READ_FILE_FOOTER", "FileNotFoundException", "DELTA_VERSION_INVALID"),
    "DELTA_UNSUPPORTED_TIME_TRAVEL_BEYOND_DELETED_FILE_RETENTION_DURATION",
)
_WRITES = ("numTargetRowsInserted", "numTargetRowsUpdated", "numOutputRows")


def is_unreadable(problem: BaseException | None) -> bool:
    """Whether an error says that the changes can no longer be read: a vacuumed feed, an expired
    log. The current rows of the input can still be read.

    On a full disk or in a read-only folder, Java says ``FileNotFoundException`` for a write, too.
    """
    if problem is not None and find_reason(problem):
        return False
    while problem is not None:
        condition = getattr(problem, "getCondition", lambda: None)() or ""
        if condition.startswith(_UNREADABLE) or any(sign in str(problem) for sign in _UNREADABLE):
            return True
        problem = problem.__cause__
    return False


def offer_appended(context: RunContext, table: str, commit: Commit, rows: DataFrame) -> None:
    """Let later tables of the run read the rows that this commit appended without the feed.

    Only where they are on the driver, and have all columns of the table with their types.
    """
    until = context.progress.position(context.tables, table)
    if not context.is_on_driver or until is None or until.version != commit.version:
        return
    stored = context.tables.read(table).schema
    types = {field.name: field.dataType for field in rows.schema}
    if types == {field.name: field.dataType for field in stored}:
        since = Position(until.table_id, commit.version - 1)
        collected = context.rows_of(rows)
        appended = (
            rows.select(*stored.names) if collected is None else collected.select(stored.names)
        )
        context.collected.offer(table, since, until, appended)


def read_inserts(context: RunContext, table: str, since: Position, until: Position) -> DataFrame:
    """Rows inserted after position ``since`` up to ``until``."""
    appended = context.collected.appended(context.spark, table, since, until)
    if appended is not None:
        return appended
    feed = _read_ranges(context, table, since, until)
    return feed.where(F.col(_CHANGE_TYPE) == "insert").drop(*_FEED)


def _read_ranges(context: RunContext, table: str, since: Position, until: Position) -> DataFrame:
    """The change data feed after position ``since`` up to ``until``, without what was undone."""
    state = context.progress.state(context.tables, table)
    ranges = state.ranges(since.version, until.version) if state is not None else []
    feeds = [context.tables.changes(table, *versions) for versions in ranges]
    if not feeds:
        return context.tables.changes(table, since.version, until.version)
    return reduce(partial(DataFrame.unionByName, allowMissingColumns=True), feeds)


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
    return feed.where(F.col(_CHANGE_TYPE).isin(kinds)).count()


def read_current_rows(context: RunContext, name: str, version: int) -> DataFrame:
    """An input of gold at a version; of an ``scd2`` table only the current rows."""
    return _project_input(context, name, context.tables.read(name, version))


@dataclass(frozen=True)
class Feed:
    """All changes of an input of gold in a range of versions, with ``_change_type``.

    Grain: one row per image of a changed row. ``only_inserts`` says that no row was changed or
    removed.
    """

    rows: DataFrame
    only_inserts: bool

    def images(self) -> DataFrame:
        """The rows before and after each change."""
        return self.rows.drop(_CHANGE_TYPE)

    def add_deleted(self, current: DataFrame) -> DataFrame:
        """The current rows and those that were deleted or overwritten.

        An affected key may be found in the deleted rows alone.
        """
        if self.only_inserts:
            return current
        deleted = self.rows.where(F.col(_CHANGE_TYPE).isin("delete", "update_preimage"))
        return current.unionByName(deleted.drop(_CHANGE_TYPE), allowMissingColumns=True)


def read_feed(context: RunContext, name: str, since: Position, until: Position) -> Feed:
    """The changes of an input of gold after position ``since`` up to ``until``.

    Few changes are collected, once for all tables of the run: they are costly to plan, and each
    table reads them several times.
    """
    appended = context.collected.appended(context.spark, name, since, until)
    if appended is not None:
        rows = appended.withColumn(_CHANGE_TYPE, F.lit("insert"))
        return Feed(_project_input(context, name, rows), only_inserts=True)
    state = context.progress.state(context.tables, name)
    commits = state.after(since.version) if state else None
    if commits is None:
        return Feed(_read_changes(context, name, since, until), only_inserts=False)
    count, changes = count_images(commits), None
    if count is not None and count <= SMALL_ROWS and not is_connect(context.spark):
        changes = context.collected.changes(
            *(context.spark, name, since, until),
            lambda: _read_changes(context, name, since, until),
        )
    if changes is None:
        changes = _read_changes(context, name, since, until)
    return Feed(changes, all(c.only_inserts for c in commits if c.changes_rows))


def _read_changes(context: RunContext, name: str, since: Position, until: Position) -> DataFrame:
    feed = _read_ranges(context, name, since, until)
    return _project_input(context, name, feed.drop(*_FEED_COMMIT))


def count_images(commits: Iterable[Commit]) -> int | None:
    """The number of images that the commits have in the change data feed, or more; None where
    metrics are missing."""
    counts = [
        c.rows(*_WRITES, "numTargetRowsUpdated", "numTargetRowsDeleted", "numDeletedRows")
        for c in commits
        if c.changes_rows
    ]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _project_input(context: RunContext, name: str, rows: DataFrame) -> DataFrame:
    declared = context.pipeline.tables().get(name)
    if not isinstance(declared, SilverTable) or not declared.keeps_history:
        return rows.drop("_known_date")
    return rows.where(F.col("is_current")).select(*columns_of(rows, but=HISTORY))
