"""Refuse features of another definition than those that a model was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from lakehouse.errors import DeclarationError
from lakehouse.ml.training_frame import DEFINITION_TAG
from lakehouse.refresh.context import RunContext, days_option
from lakehouse.refresh.day_commits import ranges_of
from lakehouse.refresh.day_definitions import definitions_of

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


def refuse_other_features(
    context: RunContext, table: str, days: Sequence[date], version: ModelVersion
) -> None:
    """Raise DeclarationError where a day's features have another definition than the model's.

    A model or a day without a recorded definition passes.
    """
    trained_on = version.tags.get(DEFINITION_TAG)
    if not trained_on:
        return
    definitions = definitions_of(ranges_of(context, table), days)
    mismatched = sorted(day for day, name in definitions.items() if name not in (None, trained_on))
    if mismatched:
        raise DeclarationError(
            f"{version.name} v{version.version} was trained on features of another definition "
            f"than those of {mismatched[0]}"
            + (f" to {mismatched[-1]}" if len(mismatched) > 1 else ""),
            where=table,
            hint="train again on features of this definition "
            f"(`{context.command('train')}`), or backfill the days: "
            f"`{context.command('features', days=days_option(mismatched[0], mismatched[-1]))}` "
            "with the definition that the model was trained on",
        )
