"""Monitor: drift of the day's features and scores, and the performance of matured predictions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.errors import LakehouseError
from lakehouse.ml.reference_file import load_reference
from lakehouse.ml.registry import champion, tracking
from lakehouse.monitoring.alerts import ALERTS
from lakehouse.monitoring.matured_days import matured_days, measure_performance
from lakehouse.monitoring.monitor import measure_drift
from lakehouse.monitoring.posting import post_alarms
from lakehouse.monitoring.records import DRIFT, PERFORMANCE
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.outcome import RefreshOutcome, skipped_outcome
from lakehouse.steps.declared_model import declared_model
from lakehouse.steps.monitored import describe_alerts, record_drift, record_performance
from lakehouse.steps.progress import Progress
from lakehouse.steps.running import remember
from lakehouse.steps.step import Request, Result
from lakehouse.storage.failures import unexpected_error


def check(context: RunContext, request: Request) -> None:
    """Raise UsageError where ``monitor`` is the only step and the pipeline declares no model."""
    if list(request.steps) == ["monitor"]:
        declared_model(context)


def run(context: RunContext, request: Request, progress: Progress) -> Result:
    """Write ``ops.drift`` for the days of the run, and ``ops.performance`` for the days whose
    labels they make known; then post alarms to the webhook of the environment.

    An alarm is an outcome with GateFailed, after its rows are written, and asks for a training.
    Skipped where the run selects tables, and without a champion or its reference. A webhook that
    fails is a warning.
    """
    model = context.pipeline.model
    if model is None or request.tables is not None:
        return Result()
    progress.step("monitor", 2)
    outcomes = []
    for table, part in (
        (DRIFT, _monitor_drift),
        (PERFORMANCE, _monitor_performance),
        (ALERTS, _post_alarms),
    ):
        started = datetime.now(UTC)
        outcome = _attempt(table, partial(part, context, model))
        if outcome is None:
            continue
        outcome.seconds = round((datetime.now(UTC) - started).total_seconds(), 3)
        remember(context, [outcome], started)
        progress.done(outcome)
        outcomes.append(outcome)
    return Result(outcomes)


def _attempt(table: str, part: Callable[[], RefreshOutcome | None]) -> RefreshOutcome | None:
    """The outcome of a part; an error in it does not keep the others from running."""
    try:
        return part()
    except LakehouseError as error:
        return RefreshOutcome(table, status="failed", message=str(error), error=error)
    except Exception as problem:
        unexpected = unexpected_error(table, problem)
        return RefreshOutcome(table, status="failed", message=str(unexpected), error=unexpected)


def _monitor_drift(context: RunContext, model: ModelDecl) -> RefreshOutcome:
    with tracking(context.settings.mlflow):
        version = champion(model.registered_name(context.pipeline.name))
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
    outcome = record_drift(context, version, measured)
    lacking = [name for name in model.monitoring.by if name not in reference.by]
    if lacking:
        outcome.alerts.append(
            f"{version.name} v{version.version} was trained without segments by "
            f"{', '.join(lacking)}; they are compared after the next training"
        )
    return outcome


def _monitor_performance(context: RunContext, model: ModelDecl) -> RefreshOutcome:
    days = matured_days(context, model)
    with tracking(context.settings.mlflow):
        version = champion(model.registered_name(context.pipeline.name))
        number = int(version.version) if version is not None else None
        measured = list(measure_performance(context, model, number))
    if not measured:
        span = f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"
        return skipped_outcome(PERFORMANCE, f"no predictions of {span} with known labels")
    return record_performance(context, model, days, measured)


def _post_alarms(context: RunContext, model: ModelDecl) -> RefreshOutcome | None:
    """None where no webhook is declared, or nothing is to be posted."""
    setting = context.settings.alert_webhook
    posted = post_alarms(context, model, setting) if setting is not None else None
    return describe_alerts(posted) if posted is not None and posted.pending else None
