"""Train: fit the declared model on point-in-time features, and register it if it passes."""

from __future__ import annotations

from datetime import UTC, datetime

from lakehouse.ml.record import Provenance
from lakehouse.ml.registry import tracking
from lakehouse.ml.train import train
from lakehouse.ml.training_frame import training_frame
from lakehouse.monitoring.retrain import is_requested, serve_requests
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.outcome import RefreshOutcome
from lakehouse.steps.declared_model import declared_model
from lakehouse.steps.progress import Progress
from lakehouse.steps.running import flush, remember
from lakehouse.steps.step import Request, Result


def run(context: RunContext, request: Request, progress: Progress) -> Result:
    """Train the declared model on all labels known by the run's end, and record the run.

    The result's value is the ``Trained``. The new version serves open requests of monitoring;
    with ``--if-requested`` nothing is done without one.
    """
    model = declared_model(context)
    name = f"{context.pipeline.name}_{model.model}"
    if request.options.get("if_requested") and not is_requested(context, name):
        progress.note(f"no training of {name} is requested")
        return Result()
    progress.step("train", 1)
    started = datetime.now(UTC)
    training = training_frame(context, model)
    with tracking(context.settings.mlflow) as store:
        trained = train(
            training.frame.toPandas(),
            model,
            tracking=store,
            provenance=Provenance(
                context.pipeline.name,
                training.versions,
                context.provenance.get("git_sha") or "",
                context.provenance.get("conf_hash") or "",
                training.features_definition,
            ),
            horizon_days=context.pipeline.labels[model.label_table].horizon_days,
            progress=progress.note,
        )
    outcome = RefreshOutcome(
        f"{trained.name} v{trained.version}",
        input_versions=training.versions,
        output_version=trained.version,
        seconds=(datetime.now(UTC) - started).total_seconds(),
        message=f"{trained.candidate}{', champion' if trained.champion else ', challenger'}",
    )
    remember(context, [outcome], started)
    flush(context)
    serve_requests(context, model=trained.name, version=trained.version)
    progress.done(outcome)
    role = "champion" if trained.champion else "challenger"
    progress.note(f"{trained.name} v{trained.version} ({trained.candidate}) is the {role}")
    return Result([outcome], trained)
