"""Try the candidates of a model on folds of its training rows, and choose one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.ml.candidate_checks import check_candidates
from lakehouse.ml.candidates import Candidate
from lakehouse.ml.columns import Columns
from lakehouse.ml.declared_candidates import load_candidates
from lakehouse.ml.fitting import Fitting
from lakehouse.ml.forward_folds import forward_folds
from lakehouse.ml.search import Search, search
from lakehouse.ml.select import Folds, Validated, simplest_within_one_standard_error
from lakehouse.ml.sides import Side
from lakehouse.ml.tasks.registry import task_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Selection:
    """The candidates with their scores, the chosen one, and how they were fitted."""

    validated: list[Validated]
    chosen: Validated
    folds: Folds
    fitting: Fitting


def select_candidate(
    model: ModelDecl,
    columns: Columns,
    training: Side,
    horizon_days: int,
    progress: Progress,
    spark: SparkSession | None,
) -> Selection:
    """The candidates with their cross-validated scores, and the simplest within one standard error
    of the best. With ``spark``, large searches run on its workers."""
    task = task_of(model.task)
    fitting = Fitting(task, model.training)
    folds = folds_of(model, training, horizon_days)
    candidates = _candidates(model, columns)
    tried = Search(candidates, training, folds, task.scorer(model.metric), fitting)
    validated = _cross_validate_all(tried, model, progress, spark)
    return Selection(validated, simplest_within_one_standard_error(validated), folds, fitting)


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
