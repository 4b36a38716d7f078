"""Slices of the hold-out in ``model.yml``: the columns that divide it, and their gate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field, model_validator

from lakehouse.config.declared import Declared
from lakehouse.config.names import ColumnName
from lakehouse.config.tasks import TASKS, MetricName, TaskName


class ModelSlice(Declared):
    """A column by which the hold-out is divided, into at most ``levels`` parts: its most frequent
    values, or ranges of a number with about equal numbers of training rows. Further values are
    one more part, and so is NULL. In YAML also the name of the column alone."""

    column: ColumnName
    levels: int = Field(default=5, ge=2, le=20)

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, given: Any) -> Any:
        return {"column": given} if isinstance(given, str) else given


class ModelSliceGate(Declared):
    """How much worse than on the whole hold-out a model may be in a declared slice.

    ``metric`` is the model's own where it is left out; slices of fewer customers than
    ``min_customers`` are shown and not gated."""

    max_gap: float = Field(gt=0)
    metric: MetricName | None = None
    min_customers: int = Field(default=50, ge=20)


def slice_problem(
    gate: ModelSliceGate | None, slices: Sequence[ModelSlice] | None, task: TaskName
) -> str | None:
    """Why the gate does not fit the rest of the declaration; None where it does."""
    if gate is None:
        return None
    if not slices:
        return "there are no slices to gate; declare slices: [COLUMN, …] beside gates"
    known = TASKS[task].metrics
    if gate.metric is not None and gate.metric not in known:
        return f"'{gate.metric}' does not fit task: {task}; write {', '.join(known)}"
    return None
