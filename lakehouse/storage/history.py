"""A table's commits in Delta's log, without those that a ``RESTORE`` undid."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

TAG = "lakehouse"
"""The key of the library's part in a commit's user metadata."""

_MAINTENANCE = frozenset(
    {
        *("OPTIMIZE", "VACUUM START", "VACUUM END", "SET TBLPROPERTIES", "UNSET TBLPROPERTIES"),
        *("ADD COLUMNS", "CHANGE COLUMN", "CHANGE COLUMNS", "ADD CONSTRAINT", "DROP CONSTRAINT"),
        *("CLUSTER BY", "COMPUTE STATS", "UPGRADE PROTOCOL", "REORG", "DROP FEATURE"),
        *("UPDATE COLUMN METADATA", "UPDATE SCHEMA", "CREATE TABLE"),
        *("Deletion Vector Tombstones", "Empty Commit"),  # steps of DROP FEATURE
    }
)
_REPLACES_ROWS = ("OVERWRITE", "REPLACE TABLE", "TABLE AS SELECT", "TRUNCATE", "CLONE")


@dataclass(frozen=True)
class Commit:
    """One commit of a table: its version, Delta's metrics, and the tag that the library wrote.

    ``metrics`` is empty where the cluster has switched them off: counts are then unknown.
    """

    version: int
    operation: str
    metrics: Mapping[str, str] = field(default_factory=dict)
    tag: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    timestamp: datetime | None = None

    def rows(self, *metrics: str) -> int | None:
        """The sum of the metrics that this commit has; None where it has changed rows and has none
        at all."""
        if not self.metrics:
            return None if self.changes_rows else 0
        return sum(int(self.metrics.get(name, 0)) for name in metrics)

    @property
    def changes_rows(self) -> bool:
        """Whether the commit can have changed what a reader sees; maintenance cannot."""
        return self.operation not in _MAINTENANCE

    @property
    def replaces_rows(self) -> bool:
        """Whether a commit of another writer replaced the rows before it."""
        if self.tag:
            return False
        operation = self.operation.upper()
        is_overwrite = self.parameters.get("mode", "").upper() == "OVERWRITE"
        return is_overwrite or any(part in operation for part in _REPLACES_ROWS)


@dataclass(frozen=True)
class TableState:
    """A table at one moment: its newest version, and the commits that count, newest first.

    ``whole_log`` says whether ``commits`` reaches back to the oldest commit that the log holds.
    """

    version: int
    commits: tuple[Commit, ...]
    whole_log: bool = True

    @property
    def last_tagged(self) -> Commit | None:
        """The newest commit of the library that still tells how far the table has read.

        None where there is none, or where another writer has replaced the rows since.
        """
        return next(iter(self.tagged()), None)

    def tagged(self) -> Iterator[Commit]:
        """The library's commits, newest first, up to a foreign commit that replaced the rows."""
        for commit in self.commits:
            if commit.replaces_rows:
                return
            if commit.tag:
                yield commit

    def after(self, version: int) -> list[Commit] | None:
        """The commits after ``version``, newest first; None where the log does not reach back."""
        newer = [commit for commit in self.commits if commit.version > version]
        oldest = self.commits[-1].version if self.commits else self.version
        return newer if oldest <= version + 1 else None

    def with_commit(self, commit: Commit) -> TableState | None:
        """The state after the run's own commit; None where another writer came between."""
        if commit.version != self.version + 1:
            return None
        return replace(self, version=commit.version, commits=(commit, *self.commits))


def drop_undone(commits: Iterable[Commit]) -> Iterator[Commit]:
    """The commits that count, newest first: a ``RESTORE`` undoes those after its version.

    Versions 0, 1, 2, ``RESTORE`` to 0 as 3, 4: what counts is 4, 3, 0.
    """
    undone_after: int | None = None
    undone_since: datetime | None = None
    for commit in commits:
        if undone_after is not None and commit.version > undone_after:
            continue
        if undone_since is not None and commit.timestamp and commit.timestamp > undone_since:
            continue
        undone_after = undone_since = None
        yield commit
        if commit.operation == "RESTORE":
            undone_after, undone_since = _parse_restore(commit)


def _parse_restore(commit: Commit) -> tuple[int | None, datetime | None]:
    version = commit.parameters.get("version")
    if version not in (None, "", "null"):
        return int(str(version)), None
    timestamp = str(commit.parameters.get("timestamp") or "").strip('"')
    try:
        return None, datetime.fromisoformat(timestamp)
    except ValueError:
        # Nothing before the RESTORE proves what the table holds.
        return -1, None


def tag_of(metadata: str | None) -> dict[str, Any]:
    """The library's tag in a commit's user metadata; empty where there is none."""
    try:
        tag = json.loads(metadata or "{}").get(TAG, {})
    except (json.JSONDecodeError, AttributeError):
        return {}
    return tag if isinstance(tag, dict) else {}
