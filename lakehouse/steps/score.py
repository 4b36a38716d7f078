"""Score: write the champion's predictions to silver and gold, and refresh the gold tables that
read them."""

from __future__ import annotations

from datetime import UTC, datetime

from lakehouse.ml.registry import challenger, champion, tracking
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.outcome import RefreshOutcome, skipped_outcome
from lakehouse.scoring.predictions import prediction_definitions
from lakehouse.steps.declared_model import declared_model
from lakehouse.steps.progress import Progress
from lakehouse.steps.refreshing import compiler_of, definitions_of_step
from lakehouse.steps.registry import step_tables
from lakehouse.steps.running import prepare, refresh_tables, remember
from lakehouse.steps.step import Request, Result


def check(context: RunContext, request: Request) -> None:
    """Raise UsageError where ``score`` is the only step and the pipeline declares no model."""
    if list(request.steps) == ["score"]:
        declared_model(context)


def run(context: RunContext, request: Request, progress: Progress) -> Result:
    """Score the run's days with the champion, and with the challenger where ``live`` asks for it;
    both are resolved once. Skipped without a champion, and where none of the step's tables is
    selected."""
    if not any(request.selects(name) for name in step_tables(context.pipeline, "score")):
        return Result()
    gold = definitions_of_step(context, request, "score")
    if context.pipeline.model is None:
        return Result(refresh_tables(context, gold, progress))
    model = declared_model(context)
    with tracking(context.settings.mlflow):
        name = model.registered_name(context.pipeline.name)
        version = champion(name)
        if version is None:
            return Result([_without_champion(context, model.scores.history, progress)])
        second = challenger(name) if model.live.scores_challenger else None
        predictions = {
            definition.name: definition
            for definition in prediction_definitions(compiler_of(context), model, version, second)
            if request.selects(definition.name)
        }
        prepare(context, predictions.values())
        return Result(refresh_tables(context, {**predictions, **gold}, progress))


def _without_champion(context: RunContext, table: str, progress: Progress) -> RefreshOutcome:
    progress.step("score", 1)
    outcome = skipped_outcome(table, f"no champion yet: run `{context.command('train')}` first")
    progress.done(outcome)
    remember(context, [outcome], datetime.now(UTC))
    return outcome
