"""The matured outcomes of two versions: their predictions of the same entities and days, with the
labels that are known since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.tasks import TASKS
from lakehouse.errors import RunFailed, UsageError
from lakehouse.refresh.context import RunContext
from lakehouse.scoring.version_rows import is_by

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

MOST_ROWS = 200_000
"""The most rows that are compared on the driver; of more, those of a sample of entities."""
_CELLS = 2**20


@dataclass(frozen=True)
class LiveOutcomes:
    """One row per entity and day: entity, ``as_of``, label, and the predictions of both versions.

    Each version's predictions have its position as suffix: ``probability_0``, ``probability_1``.
    ``rows`` counts all outcomes, of which ``frame`` may have a sample of entities.
    """

    frame: pd.DataFrame
    rows: int

    def predictions(self, position: int) -> pd.DataFrame:
        """The predictions of one version, by the column names of its task."""
        suffix = f"_{position}"
        names = [name for name in self.frame.columns if name.endswith(suffix)]
        return self.frame[names].rename(columns=lambda name: name.removesuffix(suffix))


def live_outcomes(
    context: RunContext, model: ModelDecl, versions: tuple[ModelVersion, ModelVersion]
) -> LiveOutcomes:
    """The outcomes of days that both versions scored after their trainings, known by the run's end.

    Labels are those in the label table. Raises UsageError where both scored no such day, and where
    no label of these days is known, with the day from which the first one is.
    """
    first = max(_first_live_day(context, model, version) for version in versions)
    both = _both_predictions(context, model, versions).where(F.col("as_of") >= F.lit(first))
    known_after = context.pipeline.known_after_days(model)
    known = _known_labels(context, model, known_after)
    keys = [model.entity, "as_of"]
    matured = both.join(known, keys, "inner") if known is not None else both.limit(0)
    rows = matured.count()
    if not rows:
        raise _nothing(context, model, both, versions, first, known_after)
    if rows > MOST_ROWS:
        share = F.lit(int(MOST_ROWS / rows * _CELLS))
        matured = matured.where(F.pmod(F.xxhash64(model.entity), F.lit(_CELLS)) < share)
    frame = pd.DataFrame(matured.toPandas())
    return LiveOutcomes(frame.sort_values(keys, ignore_index=True), rows)


def _first_live_day(context: RunContext, model: ModelDecl, version: ModelVersion) -> date:
    """The first day whose label was not known in any part when the version was trained."""
    known_by = version.tags.get("known_by") or ""
    try:
        day = date.fromisoformat(known_by)
    except ValueError as error:
        raise RunFailed(
            "its training does not say which labels it knew, so it cannot be compared on live data",
            where=f"{version.name} v{version.version}",
            hint="compare it on the hold-out (`lakehouse models compare A B`), or train again",
        ) from error
    known_after = context.pipeline.known_after_days(model)
    return day if known_after else day + timedelta(days=1)


def _both_predictions(
    context: RunContext, model: ModelDecl, versions: tuple[ModelVersion, ModelVersion]
) -> DataFrame:
    """One row per entity and day that both versions scored."""
    history = model.scores.history
    if not context.tables.exists(history):
        raise UsageError(
            f"{history} has no predictions yet",
            where=context.pipeline.name,
            hint=f"score some days first: `{context.command('score', days='--date …')}`",
        )
    keys, predicted = [model.entity, "as_of"], TASKS[model.task].predicted
    stored = context.tables.read(history)
    sides = [
        stored.where(is_by(version)).select(
            *keys, *(F.col(name).alias(f"{name}_{at}") for name in predicted)
        )
        for at, version in enumerate(versions)
    ]
    return sides[0].join(sides[1], keys, "inner")


def _known_labels(context: RunContext, model: ModelDecl, known_after: int) -> DataFrame | None:
    """The labels that are known by the run's end; None without a table of labels."""
    if not context.tables.exists(model.label_table):
        return None
    known = f"as_of <= date_sub(DATE'{context.run.end}', {known_after})"
    labels = context.tables.read(model.label_table).where(known)
    kept = labels.where(F.col(model.label_column).isNotNull())
    return kept.select(model.entity, "as_of", model.label_column)


def _nothing(
    context: RunContext,
    model: ModelDecl,
    both: DataFrame,
    versions: tuple[ModelVersion, ModelVersion],
    first: date,
    known_after: int,
) -> UsageError:
    names = " and ".join(f"v{version.version}" for version in versions)
    scored = both.agg(F.min("as_of")).collect()[0][0]
    if scored is None:
        return UsageError(
            f"{names} have no day that both scored on or after {first}; on earlier days one of "
            "them knew labels from its training",
            where=model.scores.history,
            hint="declare live: {shadow: true} in model.yml, and score later days: "
            f"`{context.command('score', days='--date …')}`",
        )
    known_on = scored + timedelta(days=known_after)
    command = context.command("features", tables=[model.label_table], days=f"--date {known_on}")
    return UsageError(
        f"no outcome of a day that both {names} scored is known yet: the first of these days is "
        f"{scored}, and its labels are known from {known_on}",
        where=model.label_table,
        hint=f"make the labels then: `{command}`",
    )
