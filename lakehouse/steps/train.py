"""Train: fit the declared model on point-in-time features, register it if it passes, and decide
whether it is the champion."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from lakehouse.ml.challenge import challenge
from lakehouse.ml.promotion_journal import recover
from lakehouse.ml.record import Provenance
from lakehouse.ml.registry import answering, tracking, version_of
from lakehouse.ml.train import Trained, train
from lakehouse.ml.training_frame import TrainingFrame, training_frame
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.outcome import RefreshOutcome
from lakehouse.refresh.promotions import PromotionTable
from lakehouse.steps.decisions import sign
from lakehouse.steps.declared_model import declared_model
from lakehouse.steps.progress import Progress
from lakehouse.steps.running import flush, remember
from lakehouse.steps.step import Request, Result


def run(context: RunContext, request: Request, progress: Progress) -> Result:
    """Train the declared model on all labels known by the run's end, decide whether it is the
    champion, and record the run.

    The result's value is the ``Trained``.
    """
    model = declared_model(context)
    progress.step("train", 1)
    started, log = datetime.now(UTC), PromotionTable(context.tables)
    name = f"{context.pipeline.name}_{model.model}"
    with tracking(context.settings.mlflow) as store, answering(name):
        # Before the frame is built: a registry that does not answer is noticed at once.
        finished = recover(name, log)
        if finished is not None:
            progress.note(f"finished what a killed run began: {finished.describe()}")
        training = training_frame(context, model)
        frame = training.frame.toPandas()
        horizon_days = context.pipeline.labels[model.label_table].horizon_days
        trained = train(
            frame,
            model,
            tracking=store,
            provenance=_provenance(context, training),
            horizon_days=horizon_days,
            progress=progress.note,
        )
        progress.note(f"{name} v{trained.version} is registered; deciding on the champion")
        decision = challenge(
            version_of(name, trained.version),
            frame,
            model,
            horizon_days=horizon_days,
            log=log,
            signed=sign(context, started),
        )
    trained = replace(trained, champion=decision.promoted, reasons=decision.reasons)
    return Result([_record(context, trained, training.versions, started, progress)], trained)


def _provenance(context: RunContext, training: TrainingFrame) -> Provenance:
    return Provenance(
        context.pipeline.name,
        training.versions,
        context.provenance.get("git_sha") or "",
        context.provenance.get("conf_hash") or "",
        training.features_definition,
    )


def _record(
    context: RunContext,
    trained: Trained,
    versions: dict[str, int],
    started: datetime,
    progress: Progress,
) -> RefreshOutcome:
    role = "champion" if trained.champion else "challenger"
    outcome = RefreshOutcome(
        f"{trained.name} v{trained.version}",
        input_versions=versions,
        output_version=trained.version,
        seconds=(datetime.now(UTC) - started).total_seconds(),
        message=f"{trained.candidate}, {role}",
    )
    remember(context, [outcome], started)
    flush(context)
    progress.done(outcome)
    progress.note(f"{trained.name} v{trained.version} ({trained.candidate}) is the {role}")
    for reason in trained.reasons:
        progress.note(f"  {reason}")
    return outcome
