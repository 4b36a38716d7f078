"""Score: the champion's predictions into silver and gold, and the gold tables that read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from lakehouse.ml.registry import champion, tracking
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.outcome import RefreshOutcome, skipped
from lakehouse.scoring.predictions import prediction_definitions
from lakehouse.steps.progress import Progress
from lakehouse.steps.refreshing import compiler_of, definitions_of_step
from lakehouse.steps.running import prepare, refresh_tables, remember
from lakehouse.steps.train import declared_model


def run(
    context: RunContext,
    definitions: Mapping[str, Definition],
    names: Sequence[str] | None,
    progress: Progress,
) -> list[RefreshOutcome]:
    """Score the run's days with the champion, resolved once; skipped where there is none."""
    model = declared_model(context)
    with tracking(context.settings.mlflow):
        version = champion(f"{context.pipeline.name}_{model.model}")
        if version is None:
            return [_without_champion(context, model.scores.history, progress)]
        predictions = {
            definition.name: definition
            for definition in prediction_definitions(compiler_of(context), model, version)
            if names is None or definition.name in names
        }
        prepare(context, predictions.values())
        late = definitions_of_step(context, definitions, "score", names)
        return refresh_tables(context, {**predictions, **late}, progress)


def _without_champion(context: RunContext, table: str, progress: Progress) -> RefreshOutcome:
    progress.step("score", 1)
    outcome = skipped(table, "no champion yet: run `lakehouse train` first")
    progress.done(outcome)
    remember(context, [outcome], datetime.now(UTC))
    return outcome
