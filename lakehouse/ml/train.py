"""Train a declared model: split, cross-validate, select, test, record, register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from lakehouse.config.model_declaration import ModelDecl
from lakehouse.ml import record, registry
from lakehouse.ml.artifact import DIGEST_TAG, TASK_TAG
from lakehouse.ml.columns import Columns
from lakehouse.ml.decision import decide
from lakehouse.ml.declared_candidates import load_candidates
from lakehouse.ml.gates import refuse_failed_gates
from lakehouse.ml.holdout import HoldoutResult, evaluate_holdout
from lakehouse.ml.record import Provenance
from lakehouse.ml.reference import Reference, make_reference, scores_of
from lakehouse.ml.reference_file import record_reference
from lakehouse.ml.registry import Tracking
from lakehouse.ml.search import Search, search
from lakehouse.ml.select import Validated, simplest_within_one_standard_error
from lakehouse.ml.sides import Side, side, split_frame
from lakehouse.ml.tasks.registry import task_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Progress = Callable[[str], None]


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


def train(
    frame: pd.DataFrame,
    model: ModelDecl,
    *,
    tracking: Tracking,
    provenance: Provenance,
    horizon_days: int,
    progress: Progress = lambda _: None,
    draws: int = 1000,
    spark: SparkSession | None = None,
) -> Trained:
    """Train ``model`` on ``frame`` and register it as ``<pipeline>_<model>``.

    ``frame`` has one row per entity and ``as_of``: the entity, the day, the features and the label
    under its declared name (in the form of the task; rows without one are left out). The registered
    model is the tested one: it is not refitted on the hold-out. Training uses one thread: results
    are then the same on every machine, and a busy machine is up to 20 times faster, since OpenMP's
    threads wait by spinning. With ``spark``, candidates are tried on its workers where there are
    many rows, with the same scores. Raises UsageError for too few days or customers,
    DeclarationError for invalid columns or candidates, and GateFailed, with the run recorded, for a
    model that fails a gate.
    """
    with threadpool_limits(1):
        result = _select_and_test(frame, model, horizon_days, progress, draws, spark)
    progress("recording the run in MLflow")
    return _record_and_register(result, tracking, provenance)


def _select_and_test(
    frame: pd.DataFrame,
    model: ModelDecl,
    horizon_days: int,
    progress: Progress,
    draws: int,
    spark: SparkSession | None,
) -> _TrainingResult:
    columns, parts = split_frame(frame, model, horizon_days)
    training, test = (side(rows, columns, model) for rows in (parts.train, parts.test))
    progress(f"{len(training.labels):,} rows to train on, {len(test.labels):,} to test on")
    validated = _cross_validate_all(model, columns, training, progress, spark)
    chosen = simplest_within_one_standard_error(validated)
    progress(f"{chosen.name} is the simplest within one standard error; testing it")
    fitted = {
        candidate.name: candidate.fit(training.features, training.labels) for candidate in validated
    }
    holdout = evaluate_holdout(
        fitted, chosen.name, *test, task=task_of(model.task), metric=model.metric, draws=draws
    )
    if model.costs is not None:
        folds = task_of(model.task).folds(training.labels, training.customers)
        decision = decide(
            chosen, fitted[chosen.name], training, test, folds=folds, costs=model.costs, draws=draws
        )
        progress(f"the threshold {decision.threshold:.3f} costs least on the training rows")
        holdout = replace(holdout, decision=decision)
    described = record.dataset(parts, columns, model)
    scores = scores_of(fitted[chosen.name], test.features)
    reference = make_reference(training.features, training.customers, columns, scores)
    return _TrainingResult(
        model, columns, validated, chosen, fitted[chosen.name], holdout, described, reference
    )


@dataclass(frozen=True)
class _TrainingResult:
    """The result of a training, to be recorded and registered."""

    model: ModelDecl
    columns: Columns
    validated: list[Validated]
    chosen: Validated
    fitted: Pipeline
    holdout: HoldoutResult
    described: dict[str, Any]
    reference: Reference


def describe_frame(frame: pd.DataFrame, model: ModelDecl, horizon_days: int) -> dict[str, Any]:
    """What ``train`` records of its frame, with the hashes of both sides; nothing is trained."""
    columns, parts = split_frame(frame, model, horizon_days)
    return record.dataset(parts, columns, model)


def _cross_validate_all(
    model: ModelDecl,
    columns: Columns,
    training: Side,
    progress: Progress,
    spark: SparkSession | None,
) -> list[Validated]:
    task = task_of(model.task)
    folds = task.folds(training.labels, training.customers)
    candidates = load_candidates(
        model.candidates, columns, file=model.file, task=model.task, metric=model.metric
    )
    tried = Search(candidates, training.features, training.labels, folds, task.scorer(model.metric))
    validated = search(tried, spark, progress)
    for scores in validated:
        progress(f"{scores.name}: {model.metric} {scores.mean:.3f} ± {scores.se:.3f}")
    return validated


def _record_and_register(
    result: _TrainingResult, tracking: Tracking, provenance: Provenance
) -> Trained:
    import mlflow

    name = f"{provenance.pipeline}_{result.model.model}"
    experiment = tracking.experiment(name)
    title = f"{result.chosen.name} to {result.described['test_last_day']}"
    tags = provenance.tags() | {"chosen": result.chosen.name}
    with mlflow.start_run(experiment_id=experiment, run_name=title, tags=tags) as run:
        record.record_candidates(experiment, result.validated, result.holdout, result.model.metric)
        mlflow.log_params(_params(result))
        mlflow.log_metrics({"cv_mean": result.chosen.mean, "cv_se": result.chosen.se})
        record.record_test(result.holdout, result.described)
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


def _tags(result: _TrainingResult) -> dict[str, str]:
    tags = {TASK_TAG: result.model.task, "chosen": result.chosen.name}
    decision = result.holdout.decision
    return tags if decision is None else tags | {"threshold": str(decision.threshold)}


def _params(result: _TrainingResult) -> dict[str, Any]:
    split_params = {f"split_{key}": value for key, value in result.model.split}
    days = {key: value for key, value in result.described.items() if key.endswith("_day")}
    settings = {
        "chosen": result.chosen.name,
        "metric": result.model.metric,
        "task": result.model.task,
    }
    costs = {f"cost_{key}": value for key, value in result.model.costs or ()}
    return settings | result.chosen.params | split_params | costs | days


def _summarize(result: _TrainingResult, name: str, version: int, run_id: str) -> Trained:
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
