"""Read a source that was loaded in batches (``max_files``, ``max_bytes``) in batches as well.

A batch of silver is as many commits of bronze, oldest first, as have together no more rows than the
largest of them, or than a million. Each is a commit of silver, so a killed run goes on after it.
"""

from __future__ import annotations

from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.progress import Position
from lakehouse.refresh.replacements import may_have_replaced
from lakehouse.storage.history import Commit

LEAST_ROWS = 1_000_000
"""Fewer rows are never worth a batch of their own."""


def end_of_batch(
    context: RunContext, definition: Definition, since: Position | None, now: Position
) -> Position:
    """Up to which position of the source the batch after ``since`` reads; None: from its beginning.

    It is ``now`` where the source is not loaded in batches, and where its log does not tell the
    rows of each commit, or says that an earlier version may not be readable any more.
    """
    source = definition.sources[0]
    declared = context.pipeline.bronze[source].source
    if not (getattr(declared, "max_files", None) or getattr(declared, "max_bytes", None)):
        return now
    if may_have_replaced(context.pipeline, context.tables, context.progress, source):
        return now
    state = context.progress.whole_log(context.tables, source)
    commits = state.after(-1 if since is None else since.version) if state else None
    version = None if commits is None else _last_version(commits[::-1], is_first=since is None)
    return now if version is None else Position(now.table_id, version)


def _last_version(commits: list[Commit], *, is_first: bool) -> int | None:
    """The version after which the next batch begins; None if this batch is the last."""
    if not all(_is_append(commit, is_first=is_first) for commit in commits):
        return None
    rows = [commit.rows("numOutputRows") if commit.changes_rows else 0 for commit in commits]
    counts = [count for count in rows if count is not None]
    if len(counts) < len(rows):
        return None
    most, total = max([LEAST_ROWS, *counts]), 0
    for place, count in enumerate(counts):
        if total and total + count > most:
            return commits[place - 1].version
        total += count
    return None


def _is_append(commit: Commit, *, is_first: bool) -> bool:
    """Whether the commit adds rows or changes none. The first batch reads a version, whose files
    a compaction may have made obsolete; later ones read changes."""
    if commit.keeps_rows:
        return not (is_first and commit.operation == "OPTIMIZE")
    return commit.only_inserts and commit.restored_version is None
