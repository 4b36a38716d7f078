"""Monitor the days of a run: drift against the champion's reference, and matured performance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.model_declaration import ModelDecl
from lakehouse.ml.feature_joins import add_joined_features
from lakehouse.ml.reference import SCORE, Counts, Reference
from lakehouse.monitoring.alarms import choose_raised
from lakehouse.monitoring.drift import ColumnDrift, compare_day
from lakehouse.monitoring.performance import Performance, evaluate, match_labels
from lakehouse.monitoring.records import last_raised
from lakehouse.refresh.context import RunContext
from lakehouse.scoring.distribution import count_days, select_scores

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


@dataclass(frozen=True)
class DayDrift:
    """The drift of one day, and the columns whose alarm is raised on it."""

    day: date
    columns: tuple[ColumnDrift, ...]
    raised: tuple[str, ...]

    def at(self, level: str) -> list[ColumnDrift]:
        """The columns of this level."""
        return [column for column in self.columns if column.level == level]

    def loud(self) -> list[ColumnDrift]:
        """The columns whose alarm is raised."""
        return [column for column in self.columns if column.column in self.raised]


def measure_drift(
    context: RunContext, model: ModelDecl, version: ModelVersion, reference: Reference
) -> list[DayDrift]:
    """The drift of each day of the run that has features. Scores are those of this version."""
    name, number = version.name, int(version.version)
    days = list(context.run.days())
    counted = _count(context, model, version, reference, days)
    cool_down = model.monitoring.cool_down_days
    raised = last_raised(context, before=days[0], days=cool_down, model=name, version=number)
    measured = []
    for day in sorted(counted):
        drifts = tuple(compare_day(reference, counted[day], model.monitoring))
        loud = choose_raised(day, drifts, raised, cool_down_days=cool_down)
        raised |= dict.fromkeys(loud, day)
        measured.append(DayDrift(day, drifts, tuple(loud)))
    return measured


def _count(
    context: RunContext,
    model: ModelDecl,
    version: ModelVersion,
    reference: Reference,
    days: Sequence[date],
) -> dict[date, dict[str, Counts]]:
    features = _features_of(context, model, days)
    counted = count_days(features, reference.features) if features is not None else {}
    history = _days_of(context, model.scores.history, days)
    if history is not None:
        scored = history.where(
            (F.col("model_name") == F.lit(version.name))
            & (F.col("model_version") == F.lit(int(version.version)))
        )
        for day, counts in count_days(select_scores(scored), {SCORE: reference.score}).items():
            counted.setdefault(day, {}).update(counts)
    return counted


def _features_of(context: RunContext, model: ModelDecl, days: Sequence[date]) -> DataFrame | None:
    """The features of these days, with those of joined tables."""
    rows = _days_of(context, model.features.table, days)
    now = context.progress.positions(context.tables, model.features.tables)
    if rows is None or len(now) < len(model.features.tables):
        return None
    versions = {name: at.version for name, at in now.items()}
    return add_joined_features(context, rows, model.features, versions)


def _days_of(context: RunContext, table: str, days: Sequence[date]) -> DataFrame | None:
    """The rows of these days; None where the table does not exist."""
    if not context.tables.exists(table):
        return None
    return context.tables.read(table).where(
        f"as_of >= DATE'{days[0]}' AND as_of <= DATE'{days[-1]}'"
    )


def matured_days(context: RunContext, model: ModelDecl) -> list[date]:
    """The days whose labels become known on the days of the run."""
    known_after = context.pipeline.labels[model.label_table].known_after_days
    return [day - timedelta(days=known_after) for day in context.run.days()]


def measure_performance(
    context: RunContext, model: ModelDecl
) -> Iterator[tuple[date, str, int, list[Performance]]]:
    """Day, model name, version and metrics of each day that matures and has predictions.

    Only where a prediction is the probability of label 1: the metrics are those of two classes.
    """
    days = matured_days(context, model)
    predictions = _days_of(context, model.scores.history, days)
    labels = _days_of(context, model.label_table, days)
    if predictions is None or labels is None or "prediction" in predictions.columns:
        return
    for day in days:
        on_day = f"as_of = DATE'{day}'"
        matched = match_labels(
            predictions.where(on_day),
            labels.where(on_day),
            entity=model.entity,
            label=model.label_column,
        )
        for (name, version), matured in sorted(matched.items()):
            yield day, name, version, list(evaluate(matured))
