"""Monitor the days of a run: their drift against the champion's reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.ml.counts import Counts
from lakehouse.ml.feature_joins import add_joined_features
from lakehouse.ml.reference import SCORE, Reference
from lakehouse.monitoring.alarms import choose_raised
from lakehouse.monitoring.drift import ColumnDrift, Key, compare_day, left_out
from lakehouse.monitoring.records import last_raised
from lakehouse.refresh.context import RunContext
from lakehouse.scoring.column_types import changed_types
from lakehouse.scoring.distribution import Group, count_groups, select_scores
from lakehouse.scoring.version_rows import is_by

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


@dataclass(frozen=True)
class DayDrift:
    """The drift of one day, the columns whose alarm is raised on it, and the segments that were
    too small to be compared."""

    day: date
    columns: tuple[ColumnDrift, ...]
    raised: tuple[Key, ...]
    left_out: tuple[str, ...] = ()

    def quiet(self) -> list[ColumnDrift]:
        """Warnings, and alarms that are not raised; within a segment where all rows have neither,
        which would say as much."""
        found = [one for one in self.columns if one.level != "ok" and one.key not in self.raised]
        everywhere = {one.column for one in self.columns if one.level != "ok" and not one.segment}
        return [one for one in found if not one.segment or one.column not in everywhere]

    def loud(self) -> list[ColumnDrift]:
        """The columns whose alarm is raised."""
        return [column for column in self.columns if column.key in self.raised]


def measure_drift(
    context: RunContext, model: ModelDecl, version: ModelVersion, reference: Reference
) -> list[DayDrift]:
    """The drift of each day of the run that has features. Scores are those of this version."""
    name, number = version.name, int(version.version)
    days = list(context.run.days())
    features = _features_of(context, model, days)
    retyped = changed_types(features, reference.features) if features is not None else set()
    counted = _count(context, model, version, reference, features)
    cool_down = model.monitoring.cool_down_days
    raised = last_raised(context, before=days[0], days=cool_down, model=name, version=number)
    measured = []
    for day in sorted(counted):
        drifts = tuple(compare_day(reference, counted[day], model.monitoring, retyped))
        loud = choose_raised(day, drifts, raised, cool_down_days=cool_down)
        raised |= dict.fromkeys(loud, day)
        small = left_out(reference, counted[day])
        measured.append(DayDrift(day, drifts, tuple(loud), tuple(small)))
    return measured


def _count(
    context: RunContext,
    model: ModelDecl,
    version: ModelVersion,
    reference: Reference,
    features: DataFrame | None,
) -> dict[date, dict[Group, dict[str, Counts]]]:
    """The counts of the features and of this version's scores; those are looked up for the segment
    of each entity in its features of the day."""
    counted: dict[date, dict[Group, dict[str, Counts]]] = {}
    if features is not None:
        counted = count_groups(features, reference.features, reference.by)
    history = days_of(context, model.scores.history, list(context.run.days()))
    if history is None:
        return counted
    scored = history.where(is_by(version))
    scores, by = select_scores(scored, model.entity), reference.by if features is not None else {}
    if by and features is not None:
        segments = features.select(model.entity, "as_of", *by)
        scores = scores.join(segments, [model.entity, "as_of"], "left")
    for day, groups in count_groups(scores, {SCORE: reference.score}, by).items():
        for group, counts in groups.items():
            counted.setdefault(day, {}).setdefault(group, {}).update(counts)
    return counted


def _features_of(context: RunContext, model: ModelDecl, days: Sequence[date]) -> DataFrame | None:
    """The features of these days, with those of joined tables."""
    rows = days_of(context, model.features.table, days)
    now = context.progress.positions(context.tables, model.features.tables)
    if rows is None or len(now) < len(model.features.tables):
        return None
    versions = {name: at.version for name, at in now.items()}
    return add_joined_features(context, rows, model.features, versions)


def days_of(context: RunContext, table: str, days: Sequence[date]) -> DataFrame | None:
    """The rows of these days; None where the table does not exist."""
    if not context.tables.exists(table):
        return None
    return context.tables.read(table).where(
        f"as_of >= DATE'{days[0]}' AND as_of <= DATE'{days[-1]}'"
    )
