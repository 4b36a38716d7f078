"""The built-in rules of prediction tables, by task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakehouse.config.model_declaration import ModelDecl
from lakehouse.config.yaml_file import shown
from lakehouse.errors import DeclarationError
from lakehouse.ml.artifact import task_of_version
from lakehouse.quality import builtin
from lakehouse.quality.rules import Rule

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

_FINITE = 1e300
"""NaN and infinity are outside of these bounds, and fail."""


def prediction_rules(model: ModelDecl, keys: list[str]) -> list[Rule]:
    """Predictions are valid, and there is one per key.

    A probability is between 0 and 1, a number is finite, a class is present.
    """
    where = f"{shown(model.file)}:1"
    if model.task == "regression":
        bounds = ("prediction", -_FINITE, _FINITE)
        rules = [builtin.between("prediction_is_finite", *bounds, where)]
    else:
        rules = [builtin.between(builtin.PROBABILITY_IS_VALID, "probability", 0, 1, where)]
    if model.task == "multiclass":
        rules.append(builtin.present("prediction_is_present", "prediction", where))
    return [*rules, builtin.unique("prediction_is_unique", keys, where, "day")]


def refuse_other_task(model: ModelDecl, version: ModelVersion, train: str) -> None:
    """Raise DeclarationError where a version was trained for another task than is declared."""
    task = task_of_version(version)
    if task != model.task:
        raise DeclarationError(
            f"{version.name} v{version.version} was trained for task: {task}, and model.yml "
            f"declares task: {model.task}",
            where=shown(model.file),
            hint=f"train again (`{train}`), with other tables under scores",
        )
