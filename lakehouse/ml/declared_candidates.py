"""Load the candidates that ``model.yml`` names."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from sklearn.base import is_classifier, is_regressor
from sklearn.pipeline import Pipeline

from lakehouse.config.yaml_file import load, nearest, shown
from lakehouse.errors import DeclarationError
from lakehouse.ml.candidate_sets import CANDIDATES
from lakehouse.ml.candidates import Candidate
from lakehouse.ml.columns import Columns
from lakehouse.ml.tasks.registry import task_of
from lakehouse.ml.tasks.task import Task

RULE_OF_THUMB = "rule_of_thumb"
"""The name of a baseline that is not a candidate, so that no candidate can have it."""


def load_candidates(
    declared: str, columns: Columns, *, file: Path, task: str = "binary", metric: str = "roc_auc"
) -> dict[str, Candidate]:
    """Load and call the declared function: an installed set (``standard``),
    ``package.module:function``, or ``candidates.py:function`` for a file beside ``file``.

    The function takes the numeric and the categorical columns (and the ``task`` and the ``metric``,
    if it has such parameters) and returns pipelines or candidates by name, the simplest first. A
    dummy is added in front if there is none, since the gate compares with it. Raises
    DeclarationError where the function does not exist or returns anything else, such as a
    classifier for a regression.
    """
    function = _load_function(declared, file)
    parameters = inspect.signature(function).parameters
    optional = {"task": task, "metric": metric}
    given = {name: value for name, value in optional.items() if name in parameters}
    returned = function(list(columns.numeric), list(columns.categorical), **given)
    if not isinstance(returned, dict) or not returned:
        raise _error(f"candidates: {declared} must return a dict of pipelines by name", file)
    candidates = {name: _candidate(name, value, declared, file) for name, value in returned.items()}
    if RULE_OF_THUMB in candidates:
        raise _error(f"candidates: '{RULE_OF_THUMB}' of {declared} is the name of a baseline", file)
    for candidate in candidates.values():
        _refuse_other_task(candidate, task_of(task), declared, file)
    if "dummy" in candidates:
        return candidates
    return {"dummy": Candidate("dummy", task_of(task).dummy(metric)), **candidates}


def _refuse_other_task(candidate: Candidate, task: Task, declared: str, file: Path) -> None:
    fits = is_classifier if task.is_classification else is_regressor
    if not fits(candidate.pipeline):
        needed = "classifier" if task.is_classification else "regressor"
        raise _error(
            f"candidates: '{candidate.name}' of {declared} is not a {needed}, which "
            f"task: {task.name} needs",
            file,
            "a function with a parameter 'task' can return candidates for each task",
        )


def _load_function(declared: str, file: Path) -> Callable[..., Any]:
    if (installed := CANDIDATES.get(declared)) is not None:
        return installed
    place, _, name = declared.partition(":")
    if not place or not name:
        raise _error(
            f"invalid candidates '{declared}'",
            file,
            f"write {', '.join(CANDIDATES)}, package.module:function, or candidates.py:function "
            "for a file beside model.yml",
        )
    module = _import_file(place, file) if place.endswith(".py") else _import_module(place, file)
    function = getattr(module, name, None)
    if not callable(function):
        near = nearest(name, [key for key in vars(module) if not key.startswith("_")])
        hint = f"did you mean '{near}'?" if near else None
        raise _error(f"candidates: no function '{name}' in {place}", file, hint)
    return function  # type: ignore[no-any-return]


def _import_module(place: str, file: Path) -> ModuleType:
    try:
        return importlib.import_module(place)
    except ImportError as error:
        raise _error(f"candidates: cannot import {place}: {error}", file) from error


def _import_file(place: str, file: Path) -> ModuleType:
    path = file.parent / place
    if Path(place).name != place or not path.is_file():
        raise _error(f"candidates: no file {place} beside {file.name}", file)
    spec = importlib.util.spec_from_file_location(f"declared_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise _error(f"candidates: {place} is not a Python file", file)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise _error(f"candidates: {place} cannot be loaded: {error}", file) from error
    return module


def _candidate(name: str, value: object, declared: str, file: Path) -> Candidate:
    if isinstance(value, Candidate):
        return Candidate(name, value.pipeline, value.grid)
    if isinstance(value, Pipeline):
        return Candidate(name, value)
    raise _error(
        f"candidates: '{name}' of {declared} is a {type(value).__name__}",
        file,
        "a candidate is a scikit-learn Pipeline, or a Candidate with a grid",
    )


def _error(message: str, file: Path, hint: str | None = None) -> DeclarationError:
    return DeclarationError(message, where=place(file, "candidates"), hint=hint)


def place(file: Path, key: str) -> str:
    """``model.yml:12``, where ``key`` is declared; the file alone if it does not exist."""
    return load(file).where(key) if file.is_file() else shown(file)
