"""The columns of the tables that a model writes, known before it is trained."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.tasks import TASKS
from lakehouse.config.yaml_file import Document
from lakehouse.errors import DeclarationError


def prediction_columns(model: ModelDecl, *, is_history: bool) -> list[str]:
    """The columns of a prediction after its entity, other than those that are carried."""
    columns = ["as_of", "model_name", "model_version"]
    if model.live.scores_challenger:
        columns += ["role", "decided"] if is_history else ["role"]
    columns += TASKS[model.task].predicted
    return columns if model.scores.value is None else [*columns, "expected_value"]


def carried_twice(model: ModelDecl, document: Document) -> Iterator[DeclarationError]:
    """An error for each carried feature that has the name of a column of predictions."""
    for index, name in enumerate(model.scores.carry):
        if name in prediction_columns(model, is_history=True):
            yield DeclarationError(
                f"'{name}' is a column of predictions, so a feature of this name is not carried",
                where=document.where("scores", "carry", index),
                hint="give the feature another name, or do not carry it",
            )
