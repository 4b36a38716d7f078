"""Take a run's commits back across all its tables, unless later commits stand on them.

A table's progress is in its commits, so a ``RESTORE`` takes back both its rows and how far it had
read. For example, run B is undone:

    version  run  silver.sales            gold.daily                    after the undo
    0        A    inputs bronze.sales: 0  inputs silver.sales: 0        silver.sales 2: as version 0
    1        B    inputs bronze.sales: 1  inputs silver.sales: 1        gold.daily 2: as version 0

    A version 1 of gold.daily by a run C that read silver.sales 1 would stand on B: nothing is
    undone, and the error names C and the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from pyspark.sql import functions as F

from lakehouse.errors import RunFailed, UsageError
from lakehouse.refresh import change_feed
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.later_commits import TableUndo, refuse_later_commits
from lakehouse.storage import taking_back
from lakehouse.storage.history import UNDOES, Commit
from lakehouse.storage.table_state import drop_undone, is_absent
from lakehouse.storage.tables import Tables


def plan_undo(context: RunContext, run_id: str, names: Iterable[str]) -> list[TableUndo]:
    """What has to be restored, in the order of ``names``; nothing where all has been undone.

    Changes nothing. Raises UsageError for a run without commits, where later commits stand on it,
    and where a version that has to be restored cannot be read any more.
    """
    logs = {name: context.tables.commits(name) for name in names}
    counted = {name: tuple(drop_undone(commits)) for name, commits in logs.items()}
    undos = [
        _undo_of(name, logs[name], own, counted[name])
        for name, commits in counted.items()
        if (own := tuple(commit for commit in commits if _is_by(commit, run_id)))
    ]
    if not undos and not any(_is_by(c, run_id) for commits in logs.values() for c in commits):
        raise UsageError(
            f"no table has a commit of a run '{run_id}'",
            where="--run",
            hint="ops.runs has the run_id of every run; a commit is kept as long as the log",
        )
    refuse_later_commits(context, run_id, undos, counted)
    for undo in undos:
        _check_readable(context.tables, undo)
    return undos


def apply_undo(context: RunContext, undo: TableUndo, run_id: str) -> Commit:
    """Restore one table. Raises RunFailed if another writer has written it since the plan."""
    tables, name = context.tables, undo.table
    newest = tables.commits(name, limit=1)
    if not newest or newest[0].version != undo.version:
        raise RunFailed(
            "another run wrote the table meanwhile, so it was not restored",
            where=name,
            hint="run the same command again",
        )
    by = {"run_id": context.run.run_id, "undoes": run_id}
    context.progress.forget(name)
    if undo.restores is not None:
        return taking_back.restore(tables, name, undo.restores, **by)
    columns = tables.read(name).columns
    if name.startswith("bronze."):
        # The types of the declared columns may be what was wrong.
        columns = [column for column in columns if column.startswith("_")]
    return taking_back.remove(tables, name, columns, **by)


def find_applied(context: RunContext, run_id: str, names: Iterable[str]) -> dict[str, Commit]:
    """For each table, the commit that took the run back, if it was undone before."""
    applied: dict[str, Commit] = {}
    for name in names:
        commits = drop_undone(context.tables.commits(name))
        commit = next((c for c in commits if c.tag.get(UNDOES) == run_id), None)
        if commit is not None:
            applied[name] = commit
    return applied


def days_of(context: RunContext, run_id: str, names: Iterable[str]) -> tuple[date, date]:
    """The first and the last business day of the run, undone or not.

    Of a run that left only files or rejected rows behind, the days on which it wrote them.
    """
    logs = (context.tables.commits(name) for name in names)
    own = [commit for log in logs for commit in log if _is_by(commit, run_id)]
    records = [commit.tag["record"] for commit in own if "record" in commit.tag]
    if records:
        first = min(date.fromisoformat(record["start"]) for record in records)
        return first, max(date.fromisoformat(record["end"]) for record in records)
    written = [commit.timestamp.date() for commit in own if commit.timestamp]
    return min(written), max(written)


def _undo_of(
    name: str, log: Sequence[Commit], own: tuple[Commit, ...], counted: Sequence[Commit]
) -> TableUndo:
    first = own[-1].version
    earlier = [commit for commit in counted if commit.version < first]
    if not earlier and log[-1].version > 0:
        raise UsageError(
            f"the log no longer has the version before {first}, the first of the run",
            where=name,
            hint="nothing was changed; --full-refresh rebuilds a table from its inputs",
        )
    is_first = log[-1].version == 0 and not any(commit.changes_rows for commit in earlier)
    was_absent = is_first or is_absent(earlier)
    return TableUndo(name, own, log[0].version, None if was_absent else earlier[0].version)


def _is_by(commit: Commit, run_id: str) -> bool:
    return commit.is_refresh and commit.tag.get("run_id") == run_id


def _check_readable(tables: Tables, undo: TableUndo) -> None:
    """Raise UsageError where Delta cannot read the version to restore any more."""
    if undo.restores is None:
        return
    try:
        rows = tables.read(undo.table, undo.restores).select(F.lit(1))
        rows.write.format("noop").mode("overwrite").save()
    except Exception as problem:
        if not change_feed.is_unreadable(problem):
            raise
        raise UsageError(
            f"version {undo.restores} can no longer be read: VACUUM removed its files, or it is "
            "older than the table keeps them",
            where=undo.table,
            hint="nothing was changed; --full-refresh rebuilds a table from its inputs",
        ) from problem
