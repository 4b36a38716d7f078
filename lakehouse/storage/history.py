"""The commits in a table's Delta log, without those that a ``RESTORE`` undid."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

TAG = "lakehouse"
"""The key of the library's tag in a commit's user metadata."""

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

    ``metrics`` is empty where the cluster does not collect them; counts are then unknown.
    """

    version: int
    operation: str
    metrics: Mapping[str, str] = field(default_factory=dict)
    tag: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    timestamp: datetime | None = None

    def rows(self, *metrics: str) -> int | None:
        """The sum of these metrics; None where the commit changed rows but has no metrics."""
        if not self.metrics:
            return None if self.changes_rows else 0
        return sum(int(self.metrics.get(name, 0)) for name in metrics)

    @property
    def changes_rows(self) -> bool:
        """Whether the commit may have changed rows; maintenance operations do not."""
        return self.operation not in _MAINTENANCE

    @property
    def only_inserts(self) -> bool:
        """Whether the commit is known to insert rows and to change or remove none."""
        mode = self.parameters.get("mode", self.parameters.get("outputMode", "")).upper()
        if self.operation in ("WRITE", "STREAMING UPDATE"):
            return mode == "APPEND"
        changed = self.rows("numTargetRowsUpdated", "numTargetRowsDeleted")
        return self.operation == "MERGE" and changed == 0

    @property
    def replaces_rows(self) -> bool:
        """Whether another writer replaced all rows with this commit."""
        if self.tag:
            return False
        operation = self.operation.upper()
        is_overwrite = self.parameters.get("mode", "").upper() == "OVERWRITE"
        return is_overwrite or any(part in operation for part in _REPLACES_ROWS)


@dataclass(frozen=True)
class TableState:
    """The state of a table: its newest version, and the commits that count, newest first.

    ``whole_log`` says whether ``commits`` reaches back to the oldest commit in the log.
    """

    version: int
    commits: tuple[Commit, ...]
    whole_log: bool = True

    @property
    def last_tagged(self) -> Commit | None:
        """The newest commit with a tag of the library, which records how far the table has read.

        None where there is none, or where another writer has replaced the rows since.
        """
        return next(iter(self.tagged()), None)

    def tagged(self) -> Iterator[Commit]:
        """The tagged commits, newest first, back to where another writer replaced the rows."""
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
        """The state after the run's own commit; None where another writer committed in between."""
        if commit.version != self.version + 1:
            return None
        return replace(self, version=commit.version, commits=(commit, *self.commits))


def drop_undone(commits: Iterable[Commit]) -> Iterator[Commit]:
    """The commits that count, newest first: a ``RESTORE`` undoes those after its version.

    For example, of versions 0, 1, 2, 3 (``RESTORE`` to 0) and 4, those that count are 4, 3, 0.
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
        # Unknown target: no commit before the RESTORE counts.
        return -1, None


def parse_tag(metadata: str | None) -> dict[str, Any]:
    """The library's tag in a commit's user metadata; empty where there is none."""
    try:
        tag = json.loads(metadata or "{}").get(TAG, {})
    except (json.JSONDecodeError, AttributeError):
        return {}
    return tag if isinstance(tag, dict) else {}
