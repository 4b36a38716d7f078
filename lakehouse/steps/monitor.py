"""Monitor: drift of the day's features and scores, and the performance of matured predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from lakehouse.config.model_declaration import ModelDecl
from lakehouse.errors import GateFailed, LakehouseError
from lakehouse.ml.reference_file import load_reference
from lakehouse.ml.registry import champion, tracking
from lakehouse.monitoring.alarms import describe
from lakehouse.monitoring.monitor import (
    DayDrift,
    matured_days,
    measure_drift,
    measure_performance,
)
from lakehouse.monitoring.records import (
    DRIFT,
    PERFORMANCE,
    drift_rows,
    performance_rows,
    write_drift,
    write_performance,
)
from lakehouse.monitoring.retrain import request_training
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.outcome import RefreshOutcome, skipped_outcome
from lakehouse.steps.declared_model import declared_model
from lakehouse.steps.progress import Progress
from lakehouse.steps.running import remember
from lakehouse.steps.step import Request, Result
from lakehouse.storage.failures import unexpected_error

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


def check(context: RunContext, request: Request) -> None:
    """Raise UsageError where ``monitor`` is the only step and the pipeline declares no model."""
    if list(request.steps) == ["monitor"]:
        declared_model(context)


def run(context: RunContext, request: Request, progress: Progress) -> Result:
    """Write ``ops.drift`` for the days of the run, and ``ops.performance`` for the days whose
    labels they make known.

    An alarm is an outcome with GateFailed, after its rows are written, and asks for a training.
    Skipped where the run selects tables, and without a champion or its reference.
    """
    model = context.pipeline.model
    if model is None or request.tables is not None:
        return Result()
    progress.step("monitor", 2)
    outcomes = []
    for table, part in ((DRIFT, _monitor_drift), (PERFORMANCE, _monitor_performance)):
        started = datetime.now(UTC)
        outcome = _attempt(table, partial(part, context, model))
        outcome.seconds = round((datetime.now(UTC) - started).total_seconds(), 3)
        remember(context, [outcome], started)
        progress.done(outcome)
        outcomes.append(outcome)
    return Result(outcomes)


def _attempt(table: str, part: Callable[[], RefreshOutcome]) -> RefreshOutcome:
    """The outcome of a part; an error in it does not keep the other part from running."""
    try:
        return part()
    except LakehouseError as error:
        return RefreshOutcome(table, status="failed", message=str(error), error=error)
    except Exception as problem:
        unexpected = unexpected_error(table, problem)
        return RefreshOutcome(table, status="failed", message=str(unexpected), error=unexpected)


def _monitor_drift(context: RunContext, model: ModelDecl) -> RefreshOutcome:
    with tracking(context.settings.mlflow):
        version = champion(f"{context.pipeline.name}_{model.model}")
        if version is None:
            hint = f"run `{context.command('train')}` first"
            return skipped_outcome(DRIFT, f"no champion yet: {hint}")
        reference = load_reference(version)
    if reference is None:
        hint = f"run `{context.command('train')}`, and promote the new version"
        why = f"{version.name} v{version.version} was trained without a reference"
        return skipped_outcome(DRIFT, f"{why}: {hint}")
    measured = measure_drift(context, model, version, reference)
    if not measured:
        return skipped_outcome(DRIFT, f"no features of {context.run.days_option()[2:]}")
    return _write_drift(context, version, measured)


def _write_drift(
    context: RunContext, version: ModelVersion, measured: Sequence[DayDrift]
) -> RefreshOutcome:
    name, number = version.name, int(version.version)
    rows = [
        row
        for day in measured
        for row in drift_rows(day.day, name, number, day.columns, day.raised, context.run.run_id)
    ]
    days = list(context.run.days())
    written = write_drift(context, rows, days=days, model=name, version=number)
    outcome = RefreshOutcome(
        DRIFT, rows_read=len(rows), rows_written=len(rows), output_version=written
    )
    for day in measured:
        warnings = [*day.at("warning"), *(c for c in day.at("alarm") if c not in day.loud())]
        if warnings:
            outcome.alerts.append(f"drift on {describe(day.day, warnings)}")
    loud = [day for day in measured if day.raised]
    if loud:
        _raise_alarm(context, outcome, version, loud)
    return outcome


def _raise_alarm(
    context: RunContext, outcome: RefreshOutcome, version: ModelVersion, loud: Sequence[DayDrift]
) -> None:
    words = "; ".join(describe(day.day, day.loud()) for day in loud)
    request_training(
        context,
        day=loud[-1].day,
        model=version.name,
        version=int(version.version),
        reason=f"drift on {words}",
    )
    outcome.status = "failed"
    outcome.message = f"{version.name} v{version.version} drifts on {words}"
    outcome.error = GateFailed(
        outcome.message,
        where=DRIFT,
        hint="look at these columns in the report; if the change is real, train again: "
        f"`{context.command('train')}`",
    )


def _monitor_performance(context: RunContext, model: ModelDecl) -> RefreshOutcome:
    name = f"{context.pipeline.name}_{model.model}"
    days = matured_days(context, model)
    rows = [
        row
        for day, model_name, version, measured in measure_performance(context, model)
        for row in performance_rows(day, model_name, version, measured, context.run.run_id)
    ]
    if not rows:
        span = f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"
        return skipped_outcome(PERFORMANCE, f"no predictions of {span} with known labels")
    written = write_performance(context, rows, days=days, model=name)
    return RefreshOutcome(
        PERFORMANCE, rows_read=len(rows), rows_written=len(rows), output_version=written
    )
