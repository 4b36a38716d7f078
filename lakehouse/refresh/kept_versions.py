"""Which earlier versions of a table are still needed, and by whom.

A table that reads changes needs every version after the one that it has read; a model needs the
version of its features that it was trained on. For example, with ``keep_history: 0 days``:

    silver.sales   0      1        2        3 OPTIMIZE   4
    gold.daily            read 1                                   needs 1 and later
    gold.weekly                    read 2                          needs 3 and later: OPTIMIZE
                                                                   changed no row since 2
    gold.monthly                                         read 4    needs nothing earlier
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lakehouse.config.pipeline import Pipeline
from lakehouse.refresh.context import RunContext
from lakehouse.storage.history import Commit
from lakehouse.storage.locks import is_lockable
from lakehouse.storage.upkeep import Retention

_OVERLAP = timedelta(minutes=1)
"""How much longer than to a version's commit files are kept: clocks and rounding."""
_LONGEST_WRITE = timedelta(days=1)
"""The same where there are no locks: a file may have been written long before its commit."""


@dataclass(frozen=True)
class Need:
    """A version that has to stay readable, the time of its commit, and who needs it."""

    version: int
    since: datetime
    by: str


def readers_of(pipeline: Pipeline, table: str) -> list[str]:
    """The tables that read the table, predictions included."""
    readers = [name for name, declared in pipeline.computed().items() if table in declared.inputs]
    if pipeline.model is not None:
        scores = pipeline.model.scores
        if table in pipeline.model.features.tables:
            readers.append(scores.history)
        if table == scores.history:
            readers.append(scores.current)
    return readers


def lagging_readers(context: RunContext, table: str) -> list[str]:
    """The tables that have been built, and have not read every change of the table yet."""
    return [
        name
        for name in readers_of(context.pipeline, table)
        if context.progress.state(context.tables, name) is not None
        and not _has_read_all(context, name, table)
    ]


def needs(
    context: RunContext, table: str, commits: Sequence[Commit], models: Mapping[str, Iterable[int]]
) -> Iterator[Need]:
    """The earlier versions of the table that readers and ``models`` need.

    ``commits`` are all in its log, newest first; ``models`` has versions by table. A version that
    the log no longer has cannot be kept.
    """
    wanted = [(version, "a registered model") for version in models.get(table, ())]
    for name in readers_of(context.pipeline, table):
        read = _position(context, name, table)
        if read is not None:
            wanted.append((same_rows_until(commits, read), name))
    times = {commit.version: commit.timestamp for commit in commits[1:]}
    for version, by in wanted:
        at = times.get(version)
        if at is not None:
            yield Need(version, _utc(at), by)


def same_rows_until(commits: Sequence[Commit], version: int) -> int:
    """The newest version that has the rows of ``version``: only commits such as OPTIMIZE follow."""
    later = [c.version for c in commits if c.version > version and not c.keeps_rows]
    newest = max((commit.version for commit in commits), default=version)
    return min(later) - 1 if later else max(newest, version)


def hours_to_keep(
    context: RunContext,
    found: Iterable[Need],
    *,
    history_days: int,
    started: datetime,
    now: datetime,
) -> int:
    """How many hours files stay that have left the table: for the history, as long as they are
    needed, and since the maintenance ``started``, for refreshes that read the table meanwhile.

    Delta rounds to whole hours; here they are rounded up.
    """
    overlap = _OVERLAP if is_lockable(context.tables) else _LONGEST_WRITE
    first = min([now - timedelta(days=history_days), started, *(n.since - overlap for n in found)])
    return math.ceil((now - first) / timedelta(hours=1))


def retention_of(
    context: RunContext,
    table: str,
    commits: Sequence[Commit],
    found: Iterable[Need],
    *,
    history_days: int,
    now: datetime,
) -> Retention:
    """For how many days the log, and files of earlier versions, have to be kept.

    The log must reach back to the table's own newest refresh, which says how far it has read, and
    to what its readers have read. More than the history is a multiple of it, since both have to
    last until the next maintenance.
    """
    state = context.progress.state(context.tables, table)
    own = state.last_tagged if state is not None else None
    versions = [own.version] if own is not None else []
    for name in readers_of(context.pipeline, table):
        read = _position(context, name, table)
        versions += [] if read is None else [read]
    times = {commit.version: commit.timestamp for commit in commits}
    logged = [_utc(at) for version in versions if (at := times.get(version)) is not None]
    needed = [need.since for need in found]
    files = _last_until_next(needed, history_days, now) if needed else history_days
    return Retention(log=max(_last_until_next(logged, history_days, now), files), files=files)


def _last_until_next(moments: Sequence[datetime], history_days: int, now: datetime) -> int:
    period = max(history_days, 1)
    oldest = now - min(moments, default=now)
    return period * (max(math.ceil(oldest / timedelta(days=period)), 1) + 1)


def _position(context: RunContext, reader: str, table: str) -> int | None:
    """The version of the table that the reader has read; None for another table of this name."""
    progress = context.progress.progress(context.tables, reader)
    read = progress.position(table) if progress is not None else None
    now = context.progress.position(context.tables, table)
    if read is None or now is None or read.table_id != now.table_id:
        return None
    return read.version


def _has_read_all(context: RunContext, reader: str, table: str) -> bool:
    read = _position(context, reader, table)
    state = context.progress.state(context.tables, table)
    newer = state.after(read) if state is not None and read is not None else None
    return newer is not None and not any(commit.changes_rows for commit in newer)


def _utc(moment: datetime) -> datetime:
    """A commit's time: naive ones are in the local zone, as Spark returns them."""
    return moment.astimezone(UTC)
