"""The batch of one refresh: the positions of its inputs, up to which it reads and since which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pyspark.sql import DataFrame

from lakehouse.refresh.progress import Position
from lakehouse.sources.file_record import FileRecord
from lakehouse.sources.listing import SourceFile

Replaced = Mapping[str, Mapping[str, date]]
"""Of each file the runs that loaded a content which another one has replaced, and since when."""


@dataclass(frozen=True)
class NothingNew:
    """Nothing to refresh, with the reason."""

    reason: str
    alerts: tuple[str, ...] = ()
    files: tuple[FileRecord, ...] = ()


@dataclass(frozen=True)
class Batch:
    """The part of the inputs that a refresh takes.

    ``since`` holds the position of each input that the table had read before; None where every
    row of the table is recomputed; ``why`` gives the reason.

    ``superseded`` are the source's rows whose contents were replaced, with ``_known_until``: those
    that leave the table with this batch, or all of them for a whole table; None where there are
    none. ``tracks_replaced``: whether the source may hold any. ``replaced_until`` is their last
    day.
    """

    inputs: Mapping[str, Position]
    since: Mapping[str, Position] | None = None
    why: str = ""
    alerts: tuple[str, ...] = ()
    tag: Mapping[str, Any] = field(default_factory=dict)
    rows: DataFrame | None = None
    rows_told: int | None = None
    superseded: DataFrame | None = None
    tracks_replaced: bool = False
    replaced_until: date | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the batch replaces every row of the table."""
        return self.since is None

    @property
    def name(self) -> str | None:
        """The positions after which it reads, for rows in quarantine; None for a whole table."""
        if self.since is None:
            return None
        return ", ".join(f"{at.table_id}@{at.version}" for at in self.since.values())

    def rows_input(self, rows_read: int) -> int:
        """Rows from the source as it counted them, else the rows that were read."""
        return rows_read if self.rows_told is None else self.rows_told

    def versions(self) -> dict[str, int]:
        """The version of each input up to which the batch reads."""
        return {name: at.version for name, at in self.inputs.items()}

    def describe(self) -> str:
        """What would be computed, for a plan."""
        return self.why or "what is new in its inputs"


@dataclass(frozen=True)
class FileBatch(Batch):
    """New files of a source. ``known`` is the first ``_known_date`` of files read before.

    ``replaces``: files whose earlier rows leave current results once they are loaded; ``replaced``
    the rows that have left by now: of each file the runs that loaded them, with the day.
    """

    files: tuple[SourceFile, ...] = ()
    new_versions: frozenset[str] = frozenset()
    known: Mapping[str, date] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    rejected: Mapping[str, str] = field(default_factory=dict)
    updates: tuple[FileRecord, ...] = ()
    replaces_table: bool = False
    listed: frozenset[str] = frozenset()
    replaces: frozenset[str] = frozenset()
    replaced: Replaced = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether the batch replaces every row of the table."""
        return self.replaces_table

    def describe(self) -> str:
        """What would be loaded, for a plan."""
        return f"{len(self.files):,} file(s)"


@dataclass(frozen=True)
class GroupBatch(Batch):
    """The groups that the changes affect, as their keys; all groups where it is None."""

    affected: DataFrame | None = None


@dataclass(frozen=True)
class DayBatch(Batch):
    """Days of a snapshot. ``scope`` is the predicate of the rows that this batch decides anew."""

    days: tuple[date, ...] = ()
    scope: str = ""
    exists: bool = True

    @property
    def name(self) -> str | None:
        """The days, for the batch's rows in quarantine."""
        return f"{self.days[0]} to {self.days[-1]}"

    @property
    def is_whole(self) -> bool:
        """Whether the table is made by this batch."""
        return not self.exists

    def describe(self) -> str:
        """The days that would be computed, for a plan."""
        first, last = self.days[0], self.days[-1]
        return f"the day {first}" if first == last else f"the days {first} to {last}"
