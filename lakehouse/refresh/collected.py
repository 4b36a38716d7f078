"""Few rows that several tables of a run read: collected once, and kept until the run ends.

    rows                          key                               collected
    changes of an input of gold   (table, since, until)             by the first table that asks
    rows that the run appended    (table, before, after the commit) when a table first asks

The rows appended by a commit are what the change data feed has as its inserts, and the run already
has them on the driver where the batch is small.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from pyspark.sql import DataFrame, SparkSession

from lakehouse.refresh.batch import SMALL_ROWS
from lakehouse.refresh.progress import Position
from lakehouse.storage.frames import Rows, collect_rows, local_frame

Key = tuple[str, str, Position, Position]


@dataclass
class CollectedRows:
    """The rows by key. Each table has a session of its own, so the rows are kept, not frames."""

    _rows: dict[Key, Rows | None] = field(default_factory=dict)
    _appended: dict[Key, DataFrame | Rows] = field(default_factory=dict)
    _locks: dict[Key, Lock] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def offer(
        self, table: str, since: Position, until: Position, appended: DataFrame | Rows
    ) -> None:
        """Remember the rows that a commit of this run appended: collected rows, or a frame that is
        computed from such rows alone."""
        self._appended["appended", table, since, until] = appended

    def appended(
        self, spark: SparkSession, table: str, since: Position, until: Position
    ) -> DataFrame | None:
        """All that changed between the positions, where this run appended it; else None."""
        key = ("appended", table, since, until)
        appended = self._appended.get(key)
        if appended is None:
            return None
        if isinstance(appended, Rows):
            return local_frame(spark, appended)
        return self._frame(spark, key, lambda: appended)

    def changes(
        self,
        spark: SparkSession,
        table: str,
        since: Position,
        until: Position,
        read: Callable[[], DataFrame],
    ) -> DataFrame | None:
        """What ``read`` gives, as a local frame of the session; None where it has too many rows.

        Only the first caller's ``read`` is called; the others wait for it.
        """
        return self._frame(spark, ("changes", table, since, until), read)

    def _frame(
        self, spark: SparkSession, key: Key, read: Callable[[], DataFrame]
    ) -> DataFrame | None:
        with self._lock:
            lock = self._locks.setdefault(key, Lock())
        with lock:
            if key not in self._rows:
                self._rows[key] = collect_rows(read(), SMALL_ROWS)
        rows = self._rows[key]
        return None if rows is None else local_frame(spark, rows)
