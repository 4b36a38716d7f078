"""The days whose labels become known on the days of a run, and how they were predicted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.errors import UsageError
from lakehouse.ml.registry import answering, version_of
from lakehouse.monitoring.alarms import is_cool
from lakehouse.monitoring.monitor import days_of
from lakehouse.monitoring.performance import Performance, evaluate, judged_metric, match_labels
from lakehouse.monitoring.records import last_raised_performance
from lakehouse.refresh.context import RunContext


@dataclass(frozen=True)
class DayPerformance:
    """The metrics of the predictions of one day by one version, and those whose alarm is raised."""

    day: date
    model: str
    version: int
    metrics: tuple[Performance, ...]
    raised: tuple[str, ...] = ()

    def loud(self) -> list[Performance]:
        """The metrics whose alarm is raised."""
        return [measured for measured in self.metrics if measured.metric in self.raised]


def matured_days(context: RunContext, model: ModelDecl) -> list[date]:
    """The days whose labels become known on the days of the run."""
    known_after = context.pipeline.known_after_days(model)
    return [day - timedelta(days=known_after) for day in context.run.days()]


def measure_performance(
    context: RunContext, model: ModelDecl, champion: int | None
) -> Iterator[DayPerformance]:
    """The performance on each day that matures and has predictions, by version.

    Alarms are raised for the ``champion`` alone: another version decides nothing any more, or not
    yet. MLflow is open for the metrics of the hold-outs.
    """
    days, judged = matured_days(context, model), judged_metric(model)
    predictions = days_of(context, model.scores.history, days)
    labels = days_of(context, model.label_table, days)
    if predictions is None or labels is None:
        return
    cool_down = model.monitoring.cool_down_days
    raised = _last_raised(context, model, champion, days[0])
    for day in days:
        on_day = f"as_of = DATE'{day}'"
        matched = match_labels(predictions.where(on_day), labels.where(on_day), model)
        for (name, version), matured in sorted(matched.items()):
            holdout = holdout_metrics(name, version)
            metrics = tuple(evaluate(matured, model.task, judged, holdout))
            loud: tuple[str, ...] = ()
            if version == champion:
                loud = _choose_raised(day, metrics, raised, cool_down)
                raised |= dict.fromkeys(loud, day)
            yield DayPerformance(day, name, version, metrics, loud)


def _last_raised(
    context: RunContext, model: ModelDecl, champion: int | None, before: date
) -> dict[str, date]:
    if champion is None:
        return {}
    return last_raised_performance(
        context,
        before=before,
        days=model.monitoring.cool_down_days,
        model=model.registered_name(context.pipeline.name),
        version=champion,
    )


def _choose_raised(
    day: date, metrics: tuple[Performance, ...], raised: Mapping[str, date], cool_down_days: int
) -> tuple[str, ...]:
    return tuple(
        measured.metric
        for measured in metrics
        if measured.level == "alarm" and is_cool(day, raised.get(measured.metric), cool_down_days)
    )


def holdout_metrics(name: str, version: int) -> dict[str, float]:
    """The metrics of the version's training run; empty where the version or its run was deleted."""
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    with answering(name):
        try:
            run_id = version_of(name, version).run_id
            return dict(MlflowClient().get_run(str(run_id)).data.metrics)
        except UsageError:
            return {}
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return {}
            raise
