"""Train a declared model: split, cross-validate, select and test; then it is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.ml import record
from lakehouse.ml.candidate_selection import Progress, Selection, select_candidate
from lakehouse.ml.columns import Columns
from lakehouse.ml.decision import decide
from lakehouse.ml.declared_candidates import RULE_OF_THUMB
from lakehouse.ml.holdout import HoldoutResult, evaluate_holdout
from lakehouse.ml.record import Provenance
from lakehouse.ml.reference import Reference, make_reference
from lakehouse.ml.registered import Trained, TrainingResult, record_and_register
from lakehouse.ml.registry import Tracking
from lakehouse.ml.rule_of_thumb import declared_rule, fit_rule
from lakehouse.ml.segments import add_segments, segment_columns
from lakehouse.ml.sides import Side, side, split_frame
from lakehouse.ml.slices.examine import examine
from lakehouse.ml.tasks.registry import task_of
from lakehouse.ml.weights import representative

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


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
    columns, parts = split_frame(frame, model, horizon_days)
    rule = declared_rule(model, columns)
    by = segment_columns(parts.train, model), segment_columns(parts.test, model)
    training, test = (side(rows, columns, model) for rows in (parts.train, parts.test))
    progress(f"{len(training.labels):,} rows to train on, {len(test.labels):,} to test on")
    selected = select_candidate(model, columns, training, horizon_days, progress, spark)
    chosen, fitting = selected.chosen, selected.fitting
    progress(f"{chosen.name} is the simplest within one standard error; testing it")
    fitted = {
        one.name: fitting.fit(one.candidate, one.params, training) for one in selected.validated
    }
    if rule is not None:
        fitted[RULE_OF_THUMB] = fit_rule(rule, training)
    holdout = _test(model, selected, fitted, training, test, progress, draws)
    examined = examine(
        *(parts.train, parts.test, holdout.scores, columns, model),
        importance=holdout.importance,
        draws=draws,
    )
    return TrainingResult(
        model,
        columns,
        selected.validated,
        chosen,
        fitted[chosen.name],
        replace(holdout, examined=examined),
        record.dataset(parts, columns, model),
        _reference(columns, training, task_of(model.task).monitored(holdout.scores), by),
    )


def _test(
    model: ModelDecl,
    selected: Selection,
    fitted: Mapping[str, Pipeline],
    training: Side,
    test: Side,
    progress: Progress,
    draws: int,
) -> HoldoutResult:
    """The result on the hold-out, with the decision of a binary model."""
    chosen = selected.chosen
    holdout = evaluate_holdout(
        fitted,
        chosen.name,
        test.features,
        test.labels,
        test.customers,
        task=task_of(model.task),
        metric=model.metric,
        draws=draws,
    )
    if model.task != "binary":
        return holdout
    decision = decide(
        chosen,
        fitted[chosen.name],
        training,
        test,
        folds=selected.folds,
        fitting=selected.fitting,
        costs=model.costs,
        draws=draws,
    )
    if model.costs is not None:
        progress(f"the threshold {decision.threshold:.3f} costs least on the training rows")
    return replace(holdout, decision=decision)


def _reference(
    columns: Columns,
    training: Side,
    scores: npt.ArrayLike,
    by: tuple[pd.DataFrame, pd.DataFrame],
) -> Reference:
    """What monitoring compares with: the training rows as the table has them, where they are a
    sample, and the scores of the hold-out."""
    kept = representative(training.weights, len(training.labels))
    typical = training.take(kept)
    reference = make_reference(typical.features, typical.customers, columns, scores)
    segments = by[0][kept], by[1]
    return add_segments(reference, typical.features, typical.customers, scores, segments)


def describe_frame(frame: pd.DataFrame, model: ModelDecl, horizon_days: int) -> dict[str, Any]:
    """What ``train`` records of its frame, with the hashes of both sides; nothing is trained."""
    columns, parts = split_frame(frame, model, horizon_days)
    return record.dataset(parts, columns, model)
