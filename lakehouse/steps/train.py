"""Train: fit the declared model on point-in-time features, register it if it passes, and decide
whether it is the champion."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.ml.challenge import challenge
from lakehouse.ml.promotion_journal import recover
from lakehouse.ml.record import Provenance
from lakehouse.ml.registered import Trained
from lakehouse.ml.registry import answering, tracking, version_of
from lakehouse.ml.train import train
from lakehouse.ml.training_frame import TrainingFrame, training_frame
from lakehouse.monitoring.retrain import is_requested, serve_requests
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.feature_store import refresh_feature_store
from lakehouse.refresh.outcome import RefreshOutcome
from lakehouse.refresh.promotions import PromotionTable
from lakehouse.steps.decisions import sign
from lakehouse.steps.declared_model import declared_model
from lakehouse.steps.progress import Progress
from lakehouse.steps.rebuilding import rebuild
from lakehouse.steps.refreshing import compile_steps
from lakehouse.steps.running import flush, remember
from lakehouse.steps.step import Request, Result


def run(context: RunContext, request: Request, progress: Progress) -> Result:
    """Train the declared model on all labels known by the run's end, decide whether it is the
    champion, and record the run.

    The result's value is the ``Trained``; with ``rebuild``, the training frame of an earlier run.
    The new version serves open requests of monitoring; with ``--if-requested`` nothing is done
    without one.
    """
    model = declared_model(context)
    name = model.registered_name(context.pipeline.name)
    if request.options.get("rebuild"):
        return rebuild(context, model, request.options["rebuild"], progress)
    if request.options.get("if_requested") and not is_requested(context, name):
        progress.note(f"no training of {name} is requested")
        return Result()
    progress.step("train", 1)
    started = datetime.now(UTC)
    trained, versions = _train(context, model, name, started, progress)
    return Result([_record(context, trained, versions, started, progress)], trained)


def _train(
    context: RunContext, model: ModelDecl, name: str, started: datetime, progress: Progress
) -> tuple[Trained, dict[str, int]]:
    """Train, register and decide; also the versions of the tables that were read."""
    log = PromotionTable(context.tables)
    horizon_days = context.pipeline.known_after_days(model)
    with tracking(context.settings.mlflow) as store, answering(name):
        # Before the frame is built: a registry that does not answer is noticed at once.
        finished = recover(name, log)
        if finished is not None:
            progress.note(f"finished what a killed run began: {finished.describe()}")
        refresh_feature_store(context, compile_steps(context, ["features"]), always=True)
        for column in _deprecated(context, model):
            progress.note(f"the feature '{column}' is deprecated; {model.model} still uses it")
        training = training_frame(context, model)
        frame = training.frame.toPandas()
        trained = train(
            frame,
            model,
            tracking=store,
            provenance=_provenance(context, training),
            horizon_days=horizon_days,
            progress=progress.note,
            spark=context.spark,
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
    decided = replace(trained, champion=decision.promoted, reasons=decision.reasons)
    return decided, training.versions


def _provenance(context: RunContext, training: TrainingFrame) -> Provenance:
    return Provenance(
        context.pipeline.name,
        training.versions,
        context.provenance.get("git_sha") or "",
        context.provenance.get("conf_hash") or "",
        training.features_definition,
        training.joined_definitions,
        str(context.run.end),
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
    serve_requests(context, model=trained.name, version=trained.version)
    progress.done(outcome)
    progress.note(f"{trained.name} v{trained.version} ({trained.candidate}) is the {role}")
    for reason in trained.reasons:
        progress.note(f"  {reason}")
    return outcome


def _deprecated(context: RunContext, model: ModelDecl) -> list[str]:
    features = context.pipeline.features
    unused = {column for name in model.features.tables for column in features[name].unused}
    return [name for name in model.features.columns or [] if name in unused]
