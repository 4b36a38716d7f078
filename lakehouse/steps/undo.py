"""Undo: take a run's commits back across all its tables, or say what stands on them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from pyspark.sql import functions as F

from lakehouse.errors import UsageError
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.later_commits import TableUndo
from lakehouse.refresh.outcome import RefreshOutcome
from lakehouse.refresh.table_names import all_tables, locked, with_companions
from lakehouse.refresh.undo import apply_undo, days_of, find_applied, plan_undo
from lakehouse.steps.progress import Progress
from lakehouse.steps.running import flush, remember
from lakehouse.steps.step import Request, Result
from lakehouse.storage.history import Commit
from lakehouse.storage.records import RUNS, recorded_refreshes
from lakehouse.storage.session import sibling


def run(context: RunContext, request: Request, progress: Progress) -> Result:
    """Undo the run of ``--run``, tables that read others first, and record it in ``ops.runs``.

    After a crash the same command undoes the rest. Raises UsageError without ``--run``, with
    ``--tables``, and where the run cannot be undone; nothing has been changed then.
    """
    run_id = request.options.get("run")
    if not run_id:
        raise UsageError(
            "missing --run", where="lakehouse undo", hint="ops.runs has the run_id of every run"
        )
    if request.tables is not None:
        raise UsageError(
            "a run is undone as a whole",
            where="--tables",
            hint="leave it out: of tables that read each other, one alone cannot be taken back",
        )
    names = [name for name in _tables_of(context, run_id) if context.tables.commits(name, limit=1)]
    if request.dry_run:
        for undo in reversed(plan_undo(context, run_id, names)):
            progress.show(f"{undo.table}: {undo.describe(dry_run=True)}")
        return Result()
    alone = context.on(sibling(context.spark))  # the tag of a RESTORE is a setting of its session
    with locked(context, names):
        undos = plan_undo(context, run_id, names)
        outcomes = [_undo_one(alone, undo, run_id, progress) for undo in reversed(undos)]
    if not undos:
        progress.note(f"the run {run_id} is undone already")
    days = days_of(context, run_id, names)
    on_days = replace(context, run=replace(context.run, start=days[0], end=days[1]))
    _record_earlier(on_days, run_id, names, {undo.table for undo in undos})
    _record(on_days, outcomes)
    return Result(outcomes)


def _tables_of(context: RunContext, run_id: str) -> list[str]:
    """The tables that the run may have written, inputs first; also those not declared any more."""
    declared = all_tables(context.pipeline)
    if not context.tables.exists(RUNS):
        return declared
    runs = context.tables.read(RUNS).where(F.col("run_id") == F.lit(run_id))
    recorded = sorted({row[0] for row in runs.select("table").distinct().collect()})
    return list(dict.fromkeys([*declared, *(n for t in recorded for n in with_companions(t))]))


def _undo_one(
    context: RunContext, undo: TableUndo, run_id: str, progress: Progress
) -> RefreshOutcome:
    begin = time.monotonic()
    commit = apply_undo(context, undo, run_id)
    progress.note(f"{undo.table}: {undo.describe()}")
    return _outcome(undo.table, commit, run_id, seconds=round(time.monotonic() - begin, 3))


def _outcome(
    table: str, commit: Commit, run_id: str, *, seconds: float | None = None
) -> RefreshOutcome:
    return RefreshOutcome(
        table,
        output_version=commit.version,
        seconds=seconds,
        message=f"took back the run {run_id}",
    )


def _record_earlier(context: RunContext, run_id: str, names: Iterable[str], done: set[str]) -> None:
    """Record what an undo restored that was killed before it could record it."""
    applied = find_applied(context, run_id, [name for name in names if name not in done])
    keys = {(str(commit.tag["run_id"]), name) for name, commit in applied.items()}
    missing = keys - recorded_refreshes(context.tables, keys) if keys else set()
    for undo_id in sorted({undo_id for undo_id, _ in missing}):
        names_of = [name for by, name in sorted(missing) if by == undo_id]
        outcomes = [_outcome(name, applied[name], run_id) for name in names_of]
        _record(replace(context, run=replace(context.run, run_id=undo_id)), outcomes)


def _record(context: RunContext, outcomes: Sequence[RefreshOutcome]) -> None:
    remember(context, outcomes, datetime.now(UTC))
    flush(context)
