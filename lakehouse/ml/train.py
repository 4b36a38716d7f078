"""Train a declared model: split, cross-validate, select and test; then it is recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
from threadpoolctl import threadpool_limits

from lakehouse.config.model_declaration import ModelDecl
from lakehouse.ml import record
from lakehouse.ml.columns import Columns
from lakehouse.ml.decision import decide
from lakehouse.ml.declared_candidates import load_candidates
from lakehouse.ml.holdout import evaluate_holdout
from lakehouse.ml.record import Provenance
from lakehouse.ml.reference import make_reference
from lakehouse.ml.registered import Trained, TrainingResult, record_and_register
from lakehouse.ml.registry import Tracking
from lakehouse.ml.search import Search, search
from lakehouse.ml.segments import add_segments, segment_columns
from lakehouse.ml.select import Validated, simplest_within_one_standard_error
from lakehouse.ml.sides import Side, side, split_frame
from lakehouse.ml.tasks.registry import task_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Progress = Callable[[str], None]


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
    return record_and_register(result, tracking, provenance)


def _select_and_test(
    frame: pd.DataFrame,
    model: ModelDecl,
    horizon_days: int,
    progress: Progress,
    draws: int,
    spark: SparkSession | None,
) -> TrainingResult:
    task = task_of(model.task)
    columns, parts = split_frame(frame, model, horizon_days)
    by = segment_columns(parts.train, model), segment_columns(parts.test, model)
    training, test = (side(rows, columns, model) for rows in (parts.train, parts.test))
    progress(f"{len(training.labels):,} rows to train on, {len(test.labels):,} to test on")
    validated = _cross_validate_all(model, columns, training, progress, spark)
    chosen = simplest_within_one_standard_error(validated)
    progress(f"{chosen.name} is the simplest within one standard error; testing it")
    fitted = {
        candidate.name: candidate.fit(training.features, training.labels) for candidate in validated
    }
    holdout = evaluate_holdout(
        fitted, chosen.name, *test, task=task, metric=model.metric, draws=draws
    )
    if model.costs is not None:
        folds = task.folds(training.labels, training.customers)
        decision = decide(
            chosen, fitted[chosen.name], training, test, folds=folds, costs=model.costs, draws=draws
        )
        progress(f"the threshold {decision.threshold:.3f} costs least on the training rows")
        holdout = replace(holdout, decision=decision)
    described = record.dataset(parts, columns, model)
    scores = task.monitored(holdout.scores)
    reference = make_reference(training.features, training.customers, columns, scores)
    reference = add_segments(reference, training.features, training.customers, scores, by)
    return TrainingResult(
        model, columns, validated, chosen, fitted[chosen.name], holdout, described, reference
    )


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
    validated = []
    for scores in search(tried, spark, progress):
        progress(f"{scores.name}: {model.metric} {scores.mean:.3f} ± {scores.se:.3f}")
        validated.append(scores)
    return validated
