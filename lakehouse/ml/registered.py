"""Record the result of a training in MLflow, and register the model if it passes its gates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sklearn.pipeline import Pipeline

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.tasks import recorded_name
from lakehouse.ml import record, registry
from lakehouse.ml.artifact import DIGEST_TAG, TASK_TAG
from lakehouse.ml.columns import Columns
from lakehouse.ml.declared_candidates import RULE_OF_THUMB
from lakehouse.ml.gates import refuse_failed_gates
from lakehouse.ml.holdout import HoldoutResult
from lakehouse.ml.record import Provenance
from lakehouse.ml.reference import Reference
from lakehouse.ml.reference_file import record_reference
from lakehouse.ml.registry import Tracking
from lakehouse.ml.select import Validated
from lakehouse.ml.stages import describe_stages


@dataclass(frozen=True)
class Trained:
    """A registered model. ``candidates`` is one dict per candidate, the simplest first.

    ``champion`` and ``reasons`` are known once it has met the champion, see ``challenge``."""

    name: str
    version: int
    run_id: str
    candidate: str
    metrics: dict[str, float]
    candidates: list[dict[str, Any]]
    champion: bool = False
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainingResult:
    """The result of a training, to be recorded and registered."""

    model: ModelDecl
    columns: Columns
    validated: list[Validated]
    chosen: Validated
    fitted: Pipeline
    holdout: HoldoutResult
    described: dict[str, Any]
    reference: Reference


def record_and_register(
    result: TrainingResult, tracking: Tracking, provenance: Provenance
) -> Trained:
    """The registered model. Raises GateFailed, with the run recorded, where it fails a gate."""
    import mlflow

    name = result.model.registered_name(provenance.pipeline)
    experiment = tracking.experiment(name)
    title = f"{result.chosen.name} to {result.described['test_last_day']}"
    tags = provenance.tags() | {"chosen": result.chosen.name}
    with mlflow.start_run(experiment_id=experiment, run_name=title, tags=tags) as run:
        record.record_candidates(experiment, result.validated, result.holdout, result.model.metric)
        mlflow.log_params(_params(result))
        mlflow.log_metrics({"cv_mean": result.chosen.mean, "cv_se": result.chosen.se})
        metric = recorded_name(result.model.metric, result.model.task)
        record.record_test(result.holdout, result.described, metric)
        mlflow.log_dict(describe_stages(result.fitted, result.columns.names), "stages.json")
        refuse_failed_gates(name, result.holdout, result.model)
        uri, digest = record.record_model(result.fitted, result.columns, result.model.task)
        frozen = record_reference(result.reference)
    version = registry.register(
        name,
        model_uri=uri,
        run_id=run.info.run_id,
        description=result.model.description,
        tags=provenance.tags() | {DIGEST_TAG: digest} | _tags(result) | frozen,
    )
    return _summarize(result, name, int(version.version), run.info.run_id)


def _tags(result: TrainingResult) -> dict[str, str]:
    tags = {TASK_TAG: result.model.task, "chosen": result.chosen.name}
    decision = result.holdout.decision
    if decision is None or result.model.costs is None:
        return tags
    return tags | {"threshold": str(decision.threshold)}


def _params(result: TrainingResult) -> dict[str, Any]:
    split_params = {f"split_{key}": value for key, value in result.model.split}
    days = {key: value for key, value in result.described.items() if key.endswith("_day")}
    settings = {
        "chosen": result.chosen.name,
        "metric": result.model.metric,
        "task": result.model.task,
    }
    costs = {f"cost_{key}": value for key, value in result.model.costs or ()}
    if result.model.rule_of_thumb:
        settings[RULE_OF_THUMB] = ", ".join(result.model.rule_of_thumb)
    training = result.model.training.model_dump(exclude_none=True)
    training_params = {f"training_{key}": value for key, value in training.items()}
    return settings | result.chosen.params | split_params | training_params | costs | days


def _summarize(result: TrainingResult, name: str, version: int, run_id: str) -> Trained:
    rows = [
        {
            "name": candidate.name,
            "chosen": candidate.name == result.chosen.name,
            **candidate.params,
            **record.candidate_metrics(candidate, result.holdout),
        }
        for candidate in result.validated
    ]
    metrics = result.holdout.metrics() | {"cv_mean": result.chosen.mean, "cv_se": result.chosen.se}
    return Trained(name, version, run_id, result.chosen.name, metrics, rows)
