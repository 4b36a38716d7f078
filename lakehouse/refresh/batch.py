"""The batch of one refresh: from and to which version of each input it reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pyspark.sql import DataFrame

from lakehouse.refresh.progress import Position
from lakehouse.sources.file_record import FileRecord
from lakehouse.sources.listing import SourceFile

SMALL_ROWS = 20_000
"""The most rows of a small batch, whose rows are collected."""
SMALL_BYTES = 2 * 2**20
"""The most bytes of the files of a small batch."""

Replaced = Mapping[str, Mapping[str, date]]
"""For each file, the runs whose loaded content was replaced, and the date of the replacement."""


@dataclass(frozen=True)
class NothingNew:
    """There is nothing to refresh, for ``reason``."""

    reason: str
    alerts: tuple[str, ...] = ()
    files: tuple[FileRecord, ...] = ()


@dataclass(frozen=True)
class Batch:
    """The part of the inputs that a refresh reads.

    ``inputs`` is the position of each input up to which the batch reads, ``since`` the position
    up to which the table had read before. ``since`` is None where every row of the table is
    recomputed; then ``why`` gives the reason. ``source_row_count`` is the number of rows of the
    source where it is known; ``has_more`` says that another batch follows.

    ``superseded`` are source rows whose file content was replaced, with ``_known_until``: those
    that leave the table with this batch or, in a full read, all of them; None where there are
    none. ``tracks_replaced`` says whether the source may have any; ``replaced_until`` is the last
    date of a replacement.
    """

    inputs: Mapping[str, Position]
    since: Mapping[str, Position] | None = None
    why: str = ""
    alerts: tuple[str, ...] = ()
    tag: Mapping[str, Any] = field(default_factory=dict)
    rows: DataFrame | None = None
    source_row_count: int | None = None
    has_more: bool = False
    superseded: DataFrame | None = None
    tracks_replaced: bool = False
    replaced_until: date | None = None

    @property
    def is_full(self) -> bool:
        """Whether the batch replaces every row of the table."""
        return self.since is None

    @property
    def name(self) -> str | None:
        """Its name in quarantine: the positions after which it reads; None for a full read."""
        if self.since is None:
            return None
        return ", ".join(f"{at.table_id}@{at.version}" for at in self.since.values())

    @property
    def is_small(self) -> bool:
        """Whether the batch is known to have few rows, so that they can be collected."""
        return self.source_row_count is not None and self.source_row_count <= SMALL_ROWS

    def rows_input(self, rows_read: int) -> int:
        """The count ``rows_input``: the rows of the source where known, else the rows read."""
        return rows_read if self.source_row_count is None else self.source_row_count

    def versions(self) -> dict[str, int]:
        """The version of each input up to which the batch reads."""
        return {name: at.version for name, at in self.inputs.items()}

    def describe(self) -> str:
        """What would be computed, as shown by ``lakehouse plan``."""
        return self.why or "the changes of its inputs"


@dataclass(frozen=True)
class FileBatch(Batch):
    """New files of a source. ``known`` has the first ``_known_date`` of files loaded before.

    ``listed`` are the keys of all files of the source, for a full refresh.
    ``replaces`` are files whose earlier rows leave current results once they are loaded again;
    ``replaced`` are the loads whose rows have already left. ``changed`` are files with another
    content than the ledger has.
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
    changed: frozenset[str] = frozenset()

    @property
    def is_full(self) -> bool:
        """Whether the batch replaces every row of the table."""
        return self.replaces_table

    @property
    def is_small(self) -> bool:
        """Whether the files have few bytes."""
        return not self.is_full and self.length <= SMALL_BYTES

    @property
    def length(self) -> int:
        """The bytes of all files together."""
        return sum(file.length for file in self.files)

    def describe(self) -> str:
        """What would be loaded, as shown by ``lakehouse plan``."""
        return f"{len(self.files):,} file(s)"


@dataclass(frozen=True)
class GroupBatch(Batch):
    """The affected groups, as distinct keys; all groups where ``affected`` is None."""

    affected: DataFrame | None = None

    @property
    def is_small(self) -> bool:
        """Whether the affected groups are known, which are few then."""
        return self.affected is not None


@dataclass(frozen=True)
class DayBatch(Batch):
    """Days of a snapshot. ``scope`` is the SQL predicate of the rows that the batch replaces."""

    days: tuple[date, ...] = ()
    scope: str = ""
    exists: bool = True

    @property
    def name(self) -> str | None:
        """Its name in quarantine: its days."""
        return f"{self.days[0]} to {self.days[-1]}"

    @property
    def is_full(self) -> bool:
        """Whether this batch creates the table."""
        return not self.exists

    @property
    def is_small(self) -> bool:
        """Whether it is a single day."""
        return len(self.days) == 1

    def describe(self) -> str:
        """The days that would be computed, as shown by ``lakehouse plan``."""
        first, last = self.days[0], self.days[-1]
        return f"the day {first}" if first == last else f"the days {first} to {last}"
