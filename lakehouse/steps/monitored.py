"""The outcomes of monitoring: what is written, what is said, and when a run ends with 1."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.errors import GateFailed
from lakehouse.monitoring.alarms import describe, describe_performance
from lakehouse.monitoring.alerts import ALERTS
from lakehouse.monitoring.matured_days import DayPerformance
from lakehouse.monitoring.monitor import DayDrift
from lakehouse.monitoring.posting import Posted
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
from lakehouse.refresh.outcome import RefreshOutcome

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


def record_drift(
    context: RunContext, version: ModelVersion, measured: Sequence[DayDrift]
) -> RefreshOutcome:
    """Write the drift of the days. Where an alarm is raised the outcome has GateFailed."""
    name, number = version.name, int(version.version)
    rows = [
        row
        for day in measured
        for row in drift_rows(day.day, name, number, day.columns, day.raised, context.run.run_id)
    ]
    days = list(context.run.days())
    written = write_drift(context, rows, days=days, model=name, version=number)
    outcome = _outcome(DRIFT, len(rows), written)
    outcome.message = _left_out(measured)
    for day in measured:
        if quiet := day.quiet():
            outcome.alerts.append(f"drift on {describe(day.day, quiet)}")
    loud = [day for day in measured if day.raised]
    if loud:
        words = f"drifts on {'; '.join(describe(day.day, day.loud()) for day in loud)}"
        _raise_alarm(context, outcome, f"{name} v{number} {words}")
        request_training(context, day=loud[-1].day, model=name, version=number, reason=words)
    return outcome


def record_performance(
    context: RunContext, model: ModelDecl, days: Sequence[date], measured: Sequence[DayPerformance]
) -> RefreshOutcome:
    """Write the performance of the days. Where an alarm is raised the outcome has GateFailed."""
    rows = [
        row
        for day in measured
        for row in performance_rows(
            day.day, day.model, day.version, day.metrics, day.raised, context.run.run_id
        )
    ]
    name = model.registered_name(context.pipeline.name)
    outcome = _outcome(
        PERFORMANCE, len(rows), write_performance(context, rows, days=days, model=name)
    )
    for day in measured:
        quiet = [one for one in day.metrics if one.level == "alarm" and one not in day.loud()]
        if quiet:
            outcome.alerts.append(f"v{day.version}: {describe_performance(day.day, quiet)}")
    loud = [day for day in measured if day.raised]
    if loud:
        words = "; ".join(describe_performance(day.day, day.loud()) for day in loud)
        version, known = loud[-1].version, context.run.end - (days[-1] - loud[-1].day)
        _raise_alarm(context, outcome, f"{name} v{version}: {words}")
        request_training(context, day=known, model=name, version=version, reason=words)
    return outcome


def describe_alerts(posted: Posted) -> RefreshOutcome:
    """The outcome of posting: passed, with a warning where the webhook did not accept a message."""
    outcome = _outcome(ALERTS, posted.pending, None)
    outcome.message = f"{posted.posted} of {posted.pending} alarms posted to the webhook"
    if posted.problem:
        outcome.alerts.append(
            f"{posted.pending - posted.posted} alarms were not posted to the webhook: "
            f"{posted.problem}; the next run tries again"
        )
    return outcome


def _outcome(table: str, rows: int, version: int | None) -> RefreshOutcome:
    return RefreshOutcome(table, rows_read=rows, rows_written=rows, output_version=version)


def _left_out(measured: Sequence[DayDrift]) -> str:
    names = sorted({name for day in measured for name in day.left_out})
    if not names:
        return ""
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f"segments with too few rows to compare: {shown}"


def _raise_alarm(context: RunContext, outcome: RefreshOutcome, words: str) -> None:
    outcome.status = "failed"
    outcome.message = "; ".join(part for part in (words, outcome.message) if part)
    outcome.error = GateFailed(
        words,
        where=outcome.table,
        hint="look at these in the report; if the change is real, train again: "
        f"`{context.command('train')}`",
    )
