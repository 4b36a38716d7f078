"""Train: fit the declared model on point-in-time features, and register it if it passes."""

from __future__ import annotations

from datetime import UTC, datetime

from lakehouse.config.model_declaration import ModelDecl
from lakehouse.ml.record import Provenance
from lakehouse.ml.registry import tracking
from lakehouse.ml.train import train
from lakehouse.ml.training_frame import training_frame
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.feature_store import refresh_feature_store
from lakehouse.refresh.outcome import RefreshOutcome
from lakehouse.steps.declared_model import declared_model
from lakehouse.steps.progress import Progress
from lakehouse.steps.rebuilding import rebuild
from lakehouse.steps.refreshing import compile_steps
from lakehouse.steps.running import flush, remember
from lakehouse.steps.step import Request, Result


def run(context: RunContext, request: Request, progress: Progress) -> Result:
    """Train the declared model on all labels known by the run's end, and record the run.

    The result's value is the ``Trained``; with ``rebuild``, the training frame of an earlier run.
    """
    model = declared_model(context)
    if request.options.get("rebuild"):
        return rebuild(context, model, request.options["rebuild"], progress)
    progress.step("train", 1)
    started = datetime.now(UTC)
    refresh_feature_store(context, compile_steps(context, ["features"]), always=True)
    for name in _deprecated(context, model):
        progress.note(f"the feature '{name}' is deprecated; {model.model} still uses it")
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
                str(context.run.end),
            ),
            horizon_days=context.pipeline.labels[model.label_table].horizon_days,
            progress=progress.note,
            spark=context.spark,
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
    progress.done(outcome)
    role = "champion" if trained.champion else "challenger"
    progress.note(f"{trained.name} v{trained.version} ({trained.candidate}) is the {role}")
    return Result([outcome], trained)


def _deprecated(context: RunContext, model: ModelDecl) -> list[str]:
    features = context.pipeline.features
    unused = {column for name in model.features.tables for column in features[name].unused}
    return [name for name in model.features.columns or [] if name in unused]
