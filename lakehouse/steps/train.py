"""Train: learn from features as they were known, and register what is worth it."""

from __future__ import annotations

from datetime import UTC, datetime

from lakehouse.config.declarations import ModelDecl
from lakehouse.errors import UsageError
from lakehouse.features.training import training_frame
from lakehouse.layers.lake import Lake
from lakehouse.layers.refresh import Refresh
from lakehouse.ml.record import Provenance
from lakehouse.ml.registry import tracking
from lakehouse.ml.train import Trained, train
from lakehouse.steps.progress import Progress, Quiet
from lakehouse.steps.recording import conf_hash, git_sha, record


def declared_model(lake: Lake) -> ModelDecl:
    """The pipeline's model. Raises UsageError when it declares none."""
    if lake.pipeline.model is None:
        raise UsageError(
            f"the pipeline '{lake.pipeline.name}' declares no model",
            where=str(lake.pipeline.folder / "model.yml"),
            hint="see the README on how to declare one",
        )
    return lake.pipeline.model


def run(lake: Lake, progress: Progress | None = None) -> Trained:
    """Train the declared model on all labels known by the run's end, and record the run."""
    model = declared_model(lake)
    progress = progress or Quiet()
    progress.step("train", 1)
    started = datetime.now(UTC)
    found = training_frame(lake, model)
    with tracking(lake.settings.mlflow) as store:
        trained = train(
            found.frame.toPandas(),
            model,
            tracking=store,
            provenance=Provenance(
                lake.pipeline.name, found.versions, git_sha() or "", conf_hash(lake)
            ),
            horizon_days=lake.pipeline.labels[model.label_table].horizon_days,
            progress=progress.note,
        )
    outcome = Refresh(
        f"{trained.name} v{trained.version}",
        input_versions=found.versions,
        output_version=trained.version,
        seconds=(datetime.now(UTC) - started).total_seconds(),
        message=f"{trained.candidate}{', champion' if trained.champion else ', challenger'}",
    )
    record(lake, [outcome], started)
    progress.done(outcome)
    return trained
