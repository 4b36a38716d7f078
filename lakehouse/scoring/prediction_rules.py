"""The built-in rules of prediction tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.yaml_file import shown
from lakehouse.errors import DeclarationError
from lakehouse.ml.artifact import task_of_version
from lakehouse.ml.tasks.registry import task_of
from lakehouse.quality import builtin
from lakehouse.quality.rules import Rule

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


def prediction_rules(model: ModelDecl, keys: list[str]) -> list[Rule]:
    """Predictions are valid, as their task says, and there is one per key."""
    where = f"{shown(model.file)}:1"
    unique = builtin.unique("prediction_is_unique", keys, where, "day")
    return [*task_of(model.task).rules(where), unique]


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
