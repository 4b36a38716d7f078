"""The maintenance of one table: retention, compaction, and removing versions that nobody needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from lakehouse.config.names import days
from lakehouse.refresh import kept_versions, retention
from lakehouse.refresh.context import RunContext
from lakehouse.storage import upkeep
from lakehouse.storage.history import Commit

Clock = Callable[[], datetime]


@dataclass
class Maintained:
    """What was done, or in a dry run would be done, to one table.

    ``freed`` are bytes; None where the table is not on a local disk. ``waits_for`` says why expired
    rows were kept, ``kept_for`` for whom earlier versions stay besides the declared history.
    """

    table: str
    files_before: int
    files_after: int
    deleted_rows: int = 0
    deleted_before: date | None = None
    waits_for: str = ""
    compacts: bool = False
    removable: int = 0
    freed: int | None = 0
    kept_for: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything was done."""
        return bool(self.deleted_rows or self.removable) or self.files_before != self.files_after


def maintain(
    context: RunContext,
    table: str,
    *,
    day: date | None,
    models: Mapping[str, Iterable[int]],
    clock: Clock,
    dry_run: bool = False,
) -> Maintained:
    """Maintain an existing table whose lock is held; a second call finds nothing to do.

    Rows expire as of the business day ``day``; None if there was no run yet. ``models`` are the
    versions that models were trained on, by table. A dry run changes nothing.
    """
    tables, started = context.tables, clock()
    commits = tables.commits(table)
    size = upkeep.read_size(tables, table)
    done = Maintained(table, size.files, size.files)
    _expire(context, done, day, dry_run=dry_run)
    done.compacts = size.files > 1 and _is_due(commits)
    history = days(context.settings.keep_history)
    needs = list(kept_versions.needs(context, table, commits, models))
    if not dry_run:
        _compact(context, done)
        wanted = kept_versions.retention_of(
            context, table, commits, needs, history_days=history, now=started
        )
        if size.lacks(wanted):
            upkeep.extend_retention(tables, table, size, wanted)
    done.kept_for = sorted({f"{need.by} (version {need.version})" for need in needs})

    def hours() -> int:
        return kept_versions.hours_to_keep(
            context, needs, history_days=history, started=started, now=clock()
        )

    done.removable = upkeep.list_removable(tables, table, hours())
    if not dry_run:
        _vacuum(context, done, hours)
        context.progress.forget(table)
    return done


def _expire(context: RunContext, done: Maintained, day: date | None, *, dry_run: bool) -> None:
    expired = retention.find_expired_rows(context, done.table, day) if day else None
    if expired is None:
        return
    if expired.waits_for:
        done.waits_for = expired.waits_for
        return
    done.deleted_rows, done.deleted_before = expired.rows, expired.before
    if not dry_run:
        retention.delete_expired_rows(context, done.table, expired)


def _compact(context: RunContext, done: Maintained) -> None:
    tables, table = context.tables, done.table
    if done.deleted_rows:
        upkeep.purge(tables, table)
    if done.compacts:
        declared = context.pipeline.silver.get(table)
        upkeep.compact(tables, table, cluster_by=declared.cluster_by if declared else None)
    if done.compacts or done.deleted_rows:
        done.files_after = upkeep.read_size(tables, table).files


def _vacuum(context: RunContext, done: Maintained, hours: Callable[[], int]) -> None:
    tables, table = context.tables, done.table
    if not done.removable:
        return
    before = tables.local_size(table)
    upkeep.vacuum(tables, table, hours())
    after = tables.local_size(table)
    done.freed = before - after if before is not None and after is not None else None


def _is_due(commits: Sequence[Commit]) -> bool:
    """Whether rows were written since the table was last compacted."""
    for commit in commits:
        if commit.operation == "OPTIMIZE":
            return False
        if not commit.keeps_rows:
            return True
    return False
