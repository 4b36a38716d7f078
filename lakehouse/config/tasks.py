"""The tasks of a model: what is predicted, and the metrics that candidates are compared by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lakehouse.errors import UsageError

TaskName = Literal["binary", "multiclass", "regression"]
MetricName = Literal[
    "roc_auc",
    "average_precision",
    "neg_brier_score",
    "neg_log_loss",
    "f1_macro",
    "balanced_accuracy",
    "roc_auc_ovr",
    "neg_root_mean_squared_error",
    "neg_mean_absolute_error",
    "neg_median_absolute_error",
    "r2",
]

ABSOLUTE_ERRORS = ("neg_mean_absolute_error", "neg_median_absolute_error")
"""The metrics for which the best constant of some rows is their median, not their mean."""


@dataclass(frozen=True)
class TaskDeclaration:
    """``metrics`` are the task's metrics as declared (greater is better), the default first, each
    with its name in records; ``predicted`` are the columns of a prediction."""

    metrics: Mapping[MetricName, str]
    predicted: tuple[str, ...]
    label: str


TASKS: Mapping[TaskName, TaskDeclaration] = {
    "binary": TaskDeclaration(
        {
            "roc_auc": "roc_auc",
            "average_precision": "average_precision",
            "neg_brier_score": "brier",
            "neg_log_loss": "log_loss",
        },
        predicted=("probability",),
        label="boolean or 0/1",
    ),
    "multiclass": TaskDeclaration(
        {
            "neg_log_loss": "log_loss",
            "f1_macro": "f1_macro",
            "balanced_accuracy": "balanced_accuracy",
            "roc_auc_ovr": "roc_auc_ovr",
        },
        predicted=("prediction", "probability"),
        label="a string or a whole number of at least three values",
    ),
    "regression": TaskDeclaration(
        {
            "neg_root_mean_squared_error": "rmse",
            "neg_mean_absolute_error": "mae",
            "neg_median_absolute_error": "median_absolute_error",
            "r2": "r2",
        },
        predicted=("prediction",),
        label="a finite number",
    ),
}


def recorded_name(metric: str, task: TaskName) -> str:
    """The name of a declared metric in records: ``brier`` of ``neg_brier_score``.

    Raises UsageError for a metric that does not fit the task.
    """
    known = {str(declared): name for declared, name in TASKS[task].metrics.items()}
    if metric not in known:
        raise UsageError(
            f"the metric '{metric}' does not fit task: {task}", hint=f"one of {', '.join(known)}"
        )
    return known[metric]


def default_metric(task: TaskName) -> MetricName:
    """The metric of a model that declares none."""
    return next(iter(TASKS[task].metrics))
