"""The tasks by the name that ``task:`` of a model declares."""

from __future__ import annotations

from lakehouse.ml.tasks.binary import Binary
from lakehouse.ml.tasks.multiclass import Multiclass
from lakehouse.ml.tasks.regression import Regression
from lakehouse.ml.tasks.task import Task

_TASKS: dict[str, Task] = {task.name: task for task in (Binary(), Multiclass(), Regression())}


def task_of(name: str) -> Task:
    """The task of that name, which the declaration has checked."""
    return _TASKS[name]
