"""Maintain: expire rows, compact files and remove versions of tables that nobody needs any more."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from lakehouse.config.names import days
from lakehouse.config.places import local_path
from lakehouse.errors import UsageError
from lakehouse.ml.registry import input_versions, tracking
from lakehouse.monitoring.alerts import ALERTS
from lakehouse.monitoring.records import DRIFT, PERFORMANCE
from lakehouse.monitoring.retrain import REQUESTS
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.maintenance import Maintained, maintain
from lakehouse.refresh.outcome import RefreshOutcome, skipped_outcome
from lakehouse.refresh.promotions import PROMOTIONS
from lakehouse.refresh.table_names import all_tables, locked, with_companions
from lakehouse.steps.progress import Progress
from lakehouse.steps.running import flush, remember
from lakehouse.steps.step import Request, Result
from lakehouse.storage.locks import is_lockable
from lakehouse.storage.records import RUNS
from lakehouse.storage.session import sibling

Versions = Mapping[str, Iterable[int]]
_LEAST_DAYS = 7
"""Delta's own minimum."""


def run(context: RunContext, request: Request, progress: Progress) -> Result:
    """Maintain the selected tables with their quarantine, by default all, and record it.

    Rows expire as of the run's day; without ``--date``, as of the newest day of any run. Runs
    beside a refresh: each table is maintained under its lock. Raises UsageError for a
    ``keep_history`` that is too short where there are no locks.
    """
    _check_history(context)
    names = [name for name in _chosen(context, request) if context.tables.commits(name, limit=1)]
    day = context.run.end if context.run.end < date.max else _newest_day(context, names)
    models = _model_versions(context, names, progress)
    started, outcomes = datetime.now(UTC), []
    for name in names:
        begin = time.monotonic()
        with locked(context, [name]):
            done = maintain(
                context.on(sibling(context.spark)),
                name,
                day=day,
                models=models,
                clock=lambda: datetime.now(UTC),
                dry_run=request.dry_run,
            )
        progress.show(f"{name}: {describe(done, dry_run=request.dry_run)}")
        outcomes.append(_outcome(context, done, seconds=round(time.monotonic() - begin, 3)))
    if request.dry_run:
        return Result()
    on_day = day or started.date()
    as_of_day = replace(context, run=replace(context.run, start=on_day, end=on_day))
    remember(as_of_day, outcomes, started)
    flush(as_of_day)
    return Result(outcomes)


def describe(done: Maintained, *, dry_run: bool = False) -> str:
    """``12 → 1 files; 3.2 MB freed; 120 rows known before 2025-01-01 deleted``."""
    return "; ".join(_parts(done, dry_run=dry_run)) or "nothing to do"


def _parts(done: Maintained, *, dry_run: bool) -> Iterator[str]:
    if done.deleted_rows:
        verb = "would be deleted" if dry_run else "deleted"
        yield f"{done.deleted_rows:,} rows known before {done.deleted_before} {verb}"
    if done.waits_for:
        yield f"expired rows wait for {done.waits_for}"
    if dry_run and done.compacts:
        yield f"{done.files_before:,} files would be compacted"
    if done.files_before != done.files_after:
        yield f"{done.files_before:,} → {done.files_after:,} files"
    if done.removable and dry_run:
        yield f"{_at_most_listed(done.removable)} files would be removed"
    elif done.removable:
        freed = "" if done.freed is None else f", {done.freed / 2**20:,.1f} MB freed"
        yield f"{_at_most_listed(done.removable)} files removed{freed}"
    if done.kept_for:
        yield f"earlier versions kept for {', '.join(done.kept_for)}"


def _at_most_listed(files: int) -> str:
    """Delta lists a thousand files at most."""
    return f"{files:,}" if files < 1000 else "1,000 or more"


def _outcome(context: RunContext, done: Maintained, *, seconds: float) -> RefreshOutcome:
    text = describe(done)
    outcome = (
        RefreshOutcome(done.table, message=text)
        if done.changed
        else skipped_outcome(done.table, text)
    )
    outcome.seconds = seconds
    outcome.output_version = context.tables.commits(done.table, limit=1)[0].version
    return outcome


def _check_history(context: RunContext) -> None:
    """Where no lock keeps writers away, VACUUM could remove the files of a write in progress."""
    if days(context.settings.keep_history) < _LEAST_DAYS and not is_lockable(context.tables):
        raise UsageError(
            f"'{context.settings.keep_history}' is too short for tables that are not in a local "
            "folder",
            where="keep_history",
            hint=f"at least {_LEAST_DAYS} days",
        )


def _chosen(context: RunContext, request: Request) -> list[str]:
    names = [*all_tables(context.pipeline), DRIFT, PERFORMANCE, REQUESTS, ALERTS, RUNS, PROMOTIONS]
    if request.tables is None:
        return names
    wanted = {part for name in request.tables for part in with_companions(name)}
    return [name for name in names if name in wanted]


def _newest_day(context: RunContext, names: Iterable[str]) -> date | None:
    """The newest business day that a refresh of any of the tables was run for."""
    ends = []
    for name in dict.fromkeys([*context.pipeline.bronze, *names]):
        progress = context.progress.progress(context.tables, name)
        record = progress.commit.tag.get("record") if progress is not None else None
        ends += [date.fromisoformat(record["end"])] if record else []
    return max(ends, default=None)


def _model_versions(context: RunContext, names: Iterable[str], progress: Progress) -> Versions:
    """The versions that registered models were trained on, by table."""
    model, place = context.pipeline.model, context.settings.mlflow
    if model is None or not {*model.features.tables, model.label_table}.intersection(names):
        return {}
    folder = None if place.startswith("databricks") else local_path(place)
    if folder is not None and not (folder / "mlflow.db").is_file():
        return {}  # no model was trained, and opening the store would create it
    try:
        with tracking(place):
            return input_versions(model.registered_name(context.pipeline.name))
    except Exception as problem:
        progress.note(
            f"the model registry cannot be read ({type(problem).__name__}): what models were "
            f"trained on is kept for {context.settings.keep_history}, like every other version"
        )
        return {}
