"""Train a declared model: split, cross-validate, select and test; then it is recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
from threadpoolctl import threadpool_limits

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.ml import record
from lakehouse.ml.candidate_checks import check_candidates
from lakehouse.ml.candidates import Candidate
from lakehouse.ml.columns import Columns
from lakehouse.ml.decision import decide
from lakehouse.ml.declared_candidates import RULE_OF_THUMB, load_candidates
from lakehouse.ml.fitting import Fitting
from lakehouse.ml.forward_folds import forward_folds
from lakehouse.ml.holdout import evaluate_holdout
from lakehouse.ml.record import Provenance
from lakehouse.ml.reference import make_reference
from lakehouse.ml.registered import Trained, TrainingResult, record_and_register
from lakehouse.ml.registry import Tracking
from lakehouse.ml.rule_of_thumb import declared_rule, fit_rule
from lakehouse.ml.search import Search, search
from lakehouse.ml.segments import add_segments, segment_columns
from lakehouse.ml.select import Folds, Validated, simplest_within_one_standard_error
from lakehouse.ml.sides import Side, side, split_frame
from lakehouse.ml.slices.examine import examine
from lakehouse.ml.tasks.registry import task_of
from lakehouse.ml.weights import representative

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
    rule = declared_rule(model, columns)
    by = segment_columns(parts.train, model), segment_columns(parts.test, model)
    training, test = (side(rows, columns, model) for rows in (parts.train, parts.test))
    progress(f"{len(training.labels):,} rows to train on, {len(test.labels):,} to test on")
    fitting = Fitting(task, model.training)
    folds = folds_of(model, training, horizon_days)
    candidates = _candidates(model, columns)
    tried = Search(candidates, training, folds, task.scorer(model.metric), fitting)
    validated = _cross_validate_all(tried, model, progress, spark)
    chosen = simplest_within_one_standard_error(validated)
    progress(f"{chosen.name} is the simplest within one standard error; testing it")
    fitted = {one.name: fitting.fit(one.candidate, one.params, training) for one in validated}
    if rule is not None:
        fitted[RULE_OF_THUMB] = fit_rule(rule, training)
    holdout = evaluate_holdout(
        fitted,
        chosen.name,
        test.features,
        test.labels,
        test.customers,
        task=task,
        metric=model.metric,
        draws=draws,
    )
    if model.task == "binary":
        decision = decide(
            chosen,
            fitted[chosen.name],
            training,
            test,
            folds=folds,
            fitting=fitting,
            costs=model.costs,
            draws=draws,
        )
        if model.costs is not None:
            progress(f"the threshold {decision.threshold:.3f} costs least on the training rows")
        holdout = replace(holdout, decision=decision)
    examined = examine(
        *(parts.train, parts.test, holdout.scores, columns, model),
        importance=holdout.importance,
        draws=draws,
    )
    holdout = replace(holdout, examined=examined)
    described = record.dataset(parts, columns, model)
    scores = task.monitored(holdout.scores)
    kept = representative(training.weights, len(training.labels))
    typical = training.take(kept)
    reference = make_reference(typical.features, typical.customers, columns, scores)
    reference = add_segments(
        reference, typical.features, typical.customers, scores, (by[0][kept], by[1])
    )
    return TrainingResult(
        model, columns, validated, chosen, fitted[chosen.name], holdout, described, reference
    )


def describe_frame(frame: pd.DataFrame, model: ModelDecl, horizon_days: int) -> dict[str, Any]:
    """What ``train`` records of its frame, with the hashes of both sides; nothing is trained."""
    columns, parts = split_frame(frame, model, horizon_days)
    return record.dataset(parts, columns, model)


def folds_of(model: ModelDecl, training: Side, horizon_days: int) -> Folds:
    """The folds that ``training.folds`` declares. The last fit is on all training rows."""
    task = task_of(model.task)
    folds = task.folds(training.labels, training.customers)
    if model.training.folds == "forward":
        gap = horizon_days + model.split.embargo_days
        return forward_folds(folds, training, gap, task.problem)
    return folds


def _candidates(model: ModelDecl, columns: Columns) -> dict[str, Candidate]:
    candidates = load_candidates(
        model.candidates, columns, file=model.file, task=model.task, metric=model.metric
    )
    check_candidates(candidates, model)
    return candidates


def _cross_validate_all(
    tried: Search, model: ModelDecl, progress: Progress, spark: SparkSession | None
) -> list[Validated]:
    validated = []
    for scores in search(tried, spark, progress):
        progress(f"{scores.name}: {model.metric} {scores.mean:.3f} ± {scores.se:.3f}")
        validated.append(scores)
    return validated
