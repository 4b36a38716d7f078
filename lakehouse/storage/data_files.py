"""The data files of a table in a local folder, read from its log without Spark.

As Delta's protocol describes: the newest checkpoint has the files that were part of the table at
its version, and each later commit adds and removes some. Only plain tables are read this way.
Whatever else a log may hold (deletion vectors, renamed columns, checkpoints in several parts, a
damaged commit) is left to Delta.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from lakehouse.storage.commit_files import commit_files

_PLAIN_READER = 1
"""Delta's ``minReaderVersion`` of a table whose rows are those of its files, as they are."""
_NO_CHECKPOINT = -1

Action = Mapping[str, Any]


def read_data_files(table: Path) -> list[Path] | None:
    """The files that hold the current rows of the table in this folder.

    None where Delta must tell: the folder has no log, the log does not begin with a checkpoint or
    the first commit, or the table is not plain.
    """
    try:
        paths = _replay(_read_actions(table))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, pa.ArrowException):
        return None
    return None if paths is None else [table / unquote(path) for path in paths]


def _replay(actions: Iterator[Action]) -> list[str] | None:
    """The paths that the actions leave in the table; None where it is not plain."""
    paths: dict[str, None] = {}
    kinds: set[str] = set()
    for action in actions:
        for kind, content in action.items():
            if content is None:
                continue
            kinds.add(kind)
            if kind == "add":
                paths[content["path"]] = None
            elif kind == "remove":
                paths.pop(content["path"], None)
            elif not _is_plain(kind, content):
                return None
    is_complete = {"protocol", "metaData"} <= kinds
    is_below = not any(path.startswith("/") or ":" in path for path in paths)
    return list(paths) if is_complete and is_below else None


def _is_plain(kind: str, content: Action) -> bool:
    if kind == "protocol":
        return bool(content["minReaderVersion"] == _PLAIN_READER)
    return kind != "metaData" or not content["partitionColumns"]


def _read_actions(table: Path) -> Iterator[Action]:
    """The actions of the newest checkpoint and of the commits after it, oldest first.

    Raises LookupError where commits are missing or damaged.
    """
    log = table / "_delta_log"
    checkpoint = _find_checkpoint(log)
    if checkpoint != _NO_CHECKPOINT:
        file = log / f"{checkpoint:020}.checkpoint.parquet"
        yield from pq.read_table(file, columns=["protocol", "metaData", "add"]).to_pylist()
    commits = dict(commit_files(table) or ())
    newest = max(commits)
    if newest < checkpoint:
        raise LookupError(newest)
    for version in range(checkpoint + 1, newest + 1):
        with commits[version].open(encoding="utf-8") as lines:
            actions = [json.loads(line) for line in lines]
        if not any("commitInfo" in action for action in actions):
            raise LookupError(version)
        yield from actions


def _find_checkpoint(log: Path) -> int:
    """The version of the newest checkpoint. Raises ValueError for one that is not a single file."""
    try:
        newest = json.loads((log / "_last_checkpoint").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return _NO_CHECKPOINT
    if newest.get("parts") or newest.get("v2Checkpoint"):
        raise ValueError("not a single file")
    return int(newest["version"])
