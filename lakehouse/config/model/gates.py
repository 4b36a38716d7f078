"""The declaration ``gates`` of a model."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from lakehouse.config.declared import Declared
from lakehouse.config.model.slices import ModelSlice, ModelSliceGate, slice_problem
from lakehouse.config.tasks import TaskName


class ModelGates(Declared):
    """Conditions that a model must meet on the hold-out to be registered, and its scores to be
    published."""

    better_than_dummy: bool = True
    better_than_rule: bool = False
    max_calibration_error: float | None = Field(default=0.1, gt=0, le=1)
    slices: ModelSliceGate | None = None
    max_score_psi: float | None = Field(default=None, gt=0)
    max_missing_inputs: float | None = Field(default=None, ge=0, lt=1)

    @property
    def check_scores(self) -> bool:
        """Whether scores are compared with training before they are published."""
        return self.max_score_psi is not None or self.max_missing_inputs is not None

    def check(self, task: TaskName, *, has_rule: bool, slices: Sequence[ModelSlice]) -> str | None:
        """Why they do not fit the rest of the model; None where they do."""
        if self.better_than_rule and not has_rule:
            return "better_than_rule needs a rule_of_thumb, such as two feature columns"
        declared = "max_calibration_error" in self.model_fields_set
        if declared and self.max_calibration_error and task == "regression":
            return "max_calibration_error needs probabilities, not task: regression"
        problem = slice_problem(self.slices, slices, task)
        return f"slices: {problem}" if problem else None
