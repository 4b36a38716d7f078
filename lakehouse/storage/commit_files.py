"""The commits of a table in a local folder, read from the files of its log without Spark.

``DESCRIBE HISTORY`` is a Spark job of a tenth of a second to a second. On a local disk the same
facts are in ``_delta_log/<version>.json``, one file per commit, as Delta's protocol describes:
one JSON action per line, of which ``commitInfo`` has the operation, its metrics and the user
metadata, and ``metaData`` the table's id. Where a log is not a plain sequence of such files, such
as after damage, the caller asks Delta, which decides what that means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from lakehouse.storage.history import Commit, parse_tag

_COMMIT = re.compile(r"(\d{20})\.json")


def read_commits(table: Path, limit: int | None = None) -> list[Commit] | None:
    """The newest commits of the table in this folder, newest first; empty without a log.

    None where the log must be read by Delta: it has no commit file, a gap between two of them, a
    file without a commit, or commits of a catalog that are not in it yet.
    """
    files = commit_files(table)
    if files is None:
        return None
    commits = []
    for version, file in files[:limit]:
        info = _find_action(file, "commitInfo")
        if info is None or "operation" not in info:
            return None
        commits.append(_to_commit(version, info, file))
    return commits


def find_incomplete(table: Path, commits: Sequence[Commit]) -> int | None:
    """The version of the newest commit that changed rows, if its file has lost lines at its end.

    Delta reads such a file without an error, as a commit of fewer rows. The metrics in its first
    line have the rows that it wrote, and the statistics of the files that it added have what is
    left of them. None where these do not tell.
    """
    newest = next((commit for commit in commits if commit.changes_rows), None)
    written = int(newest.metrics.get("numOutputRows", 0)) if newest else 0
    if newest is None or not written:
        return None
    left = _count_added(table / "_delta_log" / f"{newest.version:020}.json")
    return newest.version if left is not None and left < written else None


def is_empty(table: Path, version: int) -> bool:
    """Whether the file of a commit has no lines. Delta reads it as a commit of no rows."""
    try:
        return not (table / "_delta_log" / f"{version:020}.json").read_bytes().strip()
    except OSError:
        return False


def _count_added(file: Path) -> int | None:
    """The rows of the files that a commit added; None where one has no statistics."""
    rows = 0
    try:
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                added = json.loads(line).get("add") if '"add"' in line else None
                if added is not None:
                    rows += json.loads(added["stats"])["numRecords"]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    return rows


def read_table_id(table: Path) -> str | None:
    """The id of the table in this folder; None where the commit files do not tell."""
    for _, file in commit_files(table) or ():
        metadata = _find_action(file, "metaData")
        if metadata is not None:
            return str(metadata["id"])
    return None


def commit_files(table: Path) -> list[tuple[int, Path]] | None:
    """The commit files by version, newest first; None where they are not a plain sequence."""
    log = table / "_delta_log"
    try:
        names = [entry.name for entry in log.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    matches = filter(None, map(_COMMIT.fullmatch, names))
    versions = sorted((int(match[1]) for match in matches), reverse=True)
    is_sequence = bool(versions) and versions[0] - versions[-1] + 1 == len(versions)
    if not is_sequence or any((log / "_staged_commits").glob("*.json")):
        return None
    return [(version, log / f"{version:020}.json") for version in versions]


def _find_action(file: Path, action: str) -> dict[str, Any] | None:
    """The action of this name in a commit file; None where it has none or is damaged."""
    try:
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                found = json.loads(line).get(action) if f'"{action}"' in line else None
                if isinstance(found, dict):
                    return found
    except (OSError, ValueError, AttributeError):
        return None
    return None


def _to_commit(version: int, info: dict[str, Any], file: Path) -> Commit:
    """A commit as ``DESCRIBE HISTORY`` has it; its time is that of its file."""
    parameters = info.get("operationParameters") or {}
    written = info.get("inCommitTimestamp")
    milliseconds = file.stat().st_mtime_ns // 1_000_000 if written is None else written
    return Commit(
        version,
        info["operation"] or "",
        {name: str(value) for name, value in (info.get("operationMetrics") or {}).items()},
        parse_tag(info.get("userMetadata")),
        {name: _to_text(value) for name, value in parameters.items() if value is not None},
        datetime.fromtimestamp(milliseconds / 1000),  # noqa: DTZ006 -- as Row has it: naive, local time
    )


def _to_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
