"""Refuse features of another definition than those that a model was trained on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from lakehouse.config.model.features import FeatureJoin, ModelFeatures
from lakehouse.errors import DeclarationError
from lakehouse.ml.training_frame import DEFINITION_TAG, JOINED_TAG
from lakehouse.refresh.context import RunContext, days_option
from lakehouse.refresh.day_commits import ranges_of
from lakehouse.refresh.day_definitions import Range, definitions_of

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


def refuse_other_features(
    context: RunContext, features: ModelFeatures, days: Sequence[date], version: ModelVersion
) -> None:
    """Raise DeclarationError where the features of the days, or those that they join, have another
    definition than the model's.

    Of a joined table, the days count that a row may get its features from: those up to the last of
    ``days`` that are no older than ``max_age``. A model or a day without a recorded definition
    passes.
    """
    main = version.tags.get(DEFINITION_TAG)
    by_day = definitions_of(ranges_of(context, features.table), days)
    _refuse(context, features.table, [(day, day, name or "") for day, name in by_day.items()],
            main or "", version)  # fmt: skip
    joined = json.loads(version.tags.get(JOINED_TAG) or "{}")
    for join in features.joins:
        read = _ranges_read(ranges_of(context, join.table), join, days)
        _refuse(context, join.table, read, joined.get(join.table, ""), version)


def _ranges_read(ranges: Sequence[Range], join: FeatureJoin, days: Sequence[date]) -> list[Range]:
    """The parts of a joined table's days that rows of ``days`` may get their features from."""
    age = join.max_age_days
    first = date.min if age is None else days[0] - timedelta(days=age)
    last = days[-1]
    return [
        (max(start, first), min(end, last), name)
        for start, end, name in ranges
        if start <= last and end >= first
    ]


def _refuse(
    context: RunContext, table: str, read: Sequence[Range], trained_on: str, version: ModelVersion
) -> None:
    """Raise DeclarationError for days of another definition than ``trained_on``, if it is known."""
    other = sorted(part for part in read if trained_on and part[2] not in ("", trained_on))
    if not other:
        return
    first, last = other[0][0], other[-1][1]
    raise DeclarationError(
        f"{version.name} v{version.version} was trained on features of another definition "
        f"than those of {first}" + (f" to {last}" if last > first else ""),
        where=table,
        hint="train again on features of this definition "
        f"(`{context.command('train')}`), or backfill the days: "
        f"`{context.command('features', tables=[table], days=days_option(first, last))}` "
        "with the definition that the model was trained on",
    )
