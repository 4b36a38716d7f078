"""The performance of predictions whose labels have become known, beside that of the hold-out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.tasks import TaskName, recorded_name
from lakehouse.ml.bins import FEWEST_ENTITIES
from lakehouse.ml.evaluate import interval
from lakehouse.ml.tasks.registry import task_of
from lakehouse.monitoring.matured_classes import MaturedClasses, count_classes
from lakehouse.monitoring.matured_numbers import MaturedNumbers, count_numbers
from lakehouse.monitoring.matured_scores import MaturedScores, count_scores

Matured = MaturedScores | MaturedClasses | MaturedNumbers
_OF_CLASSES = ("accuracy", "balanced_accuracy", "f1_macro")
"""What can be measured where the history has the most probable class alone; the first is judged
where the declared metric is another."""


@dataclass(frozen=True)
class Performance:
    """One metric with its 95 % bootstrap interval; None where it is not defined, such as a ranking
    of labels of one class. ``holdout_low`` and ``holdout_high`` are the interval on the hold-out of
    the version's training; None where it has none.

    ``level`` is ``alarm`` where the interval is worse than that of the hold-out, without a common
    value; None for a metric that is not judged.
    """

    metric: str
    value: float | None
    low: float | None
    high: float | None
    rows: int
    holdout_low: float | None = None
    holdout_high: float | None = None
    level: Literal["ok", "alarm"] | None = None


def match_labels(
    predictions: DataFrame, labels: DataFrame, model: ModelDecl
) -> dict[tuple[str, int], Matured]:
    """The predictions of one day with their labels, by model name and version.

    Predictions without a label are left out. What leaves Spark are counts and sums, whatever the
    number of rows.
    """
    entity, label = model.entity, model.label_column
    known = labels.where(F.col(label).isNotNull()).select(entity, "as_of", label)
    of_number = "probability" if "probability" in predictions.columns else "prediction"
    rows = predictions.where(F.col(of_number).isNotNull() & ~F.isnan(of_number))
    names = [name for name in ("prediction", "probability") if name in predictions.columns]
    rows = rows.select(entity, "as_of", "model_name", "model_version", *names)
    matched = rows.join(known, [entity, "as_of"], "inner")
    if model.task == "multiclass":
        return dict(count_classes(matched, label))
    if model.task == "regression":
        return dict(count_numbers(matched, entity, label))
    return dict(count_scores(matched, label))


def evaluate(
    matured: Matured,
    task: TaskName = "binary",
    judged: str | None = None,
    holdout: Mapping[str, float] | None = None,
    *,
    seed: int = 20_260,
) -> Iterator[Performance]:
    """Each metric with its interval. ``judged`` is the one that is compared with ``holdout``, the
    metrics of the version's training run."""
    for name, (estimate, drawn) in matured.estimates(seed).items():
        bounds = interval(estimate, drawn)
        expected = holdout or {}
        measured = Performance(
            metric=name,
            value=_known(bounds.estimate),
            low=_known(bounds.low),
            high=_known(bounds.high),
            rows=matured.rows,
            holdout_low=expected.get(f"test_{name}_low"),
            holdout_high=expected.get(f"test_{name}_high"),
        )
        yield _judge(measured, is_loss=name in task_of(task).losses) if name == judged else measured


def judged_metric(model: ModelDecl) -> str:
    """The declared metric; accuracy where it needs the probability of each class."""
    name = recorded_name(model.metric, model.task)
    if model.task == "multiclass" and name not in _OF_CLASSES:
        return _OF_CLASSES[0]
    return name


def _judge(measured: Performance, *, is_loss: bool) -> Performance:
    """Worse without a common value; with fewer than 20 rows nothing is told from chance."""
    low, high = measured.low, measured.high
    expected_low, expected_high = measured.holdout_low, measured.holdout_high
    if low is None or high is None or expected_low is None or expected_high is None:
        return measured
    is_worse = low > expected_high if is_loss else high < expected_low
    is_alarm = is_worse and measured.rows >= FEWEST_ENTITIES
    return replace(measured, level="alarm" if is_alarm else "ok")


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
