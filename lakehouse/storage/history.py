"""The commits in a table's Delta log, and the tags that the library wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

TAG = "lakehouse"
"""The key of the library's tag in a commit's user metadata."""
MAINTENANCE = "maintenance"
"""The key in the tag of a maintenance commit, not of a refresh: ``UNDO`` or ``RETENTION``."""
UNDO, RETENTION = "undo", "retention"
UNDOES = "undoes"
"""The key in the tag of an undo: the run that it takes back."""
REMOVES = "removes"
"""The key in the tag of an undo: the run had created the table, so that it counts as absent."""

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
        """Whether the commit may have changed rows; maintenance operations do not.

        Rows deleted by the retention of the table do not count: whoever reads changes keeps what
        it derived from them.
        """
        return not self.keeps_rows and not self.is_retention

    @property
    def keeps_rows(self) -> bool:
        """Whether the operation never changes rows, such as OPTIMIZE."""
        return self.operation in _MAINTENANCE

    @property
    def is_refresh(self) -> bool:
        """Whether the library wrote it to refresh the table, and recorded how far it has read."""
        return bool(self.tag) and MAINTENANCE not in self.tag

    @property
    def is_retention(self) -> bool:
        """Whether the library deleted rows that the table need not keep any longer."""
        return self.tag.get(MAINTENANCE) == RETENTION

    @property
    def restored_version(self) -> int | None:
        """The version that an undo brought back; None for any other commit."""
        if self.operation != "RESTORE" or self.tag.get(MAINTENANCE) != UNDO:
            return None
        return parse_restore(self)[0]

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


def parse_restore(commit: Commit) -> tuple[int | None, datetime | None]:
    """The version or the time that a ``RESTORE`` brought back; version -1 where it is unknown."""
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
