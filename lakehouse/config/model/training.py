"""How a model is trained, under ``training`` in ``model.yml``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lakehouse.config.declared import Declared
from lakehouse.config.tasks import TaskName

Calibration = Literal["sigmoid", "isotonic"]


class SelectFeatures(Declared):
    """Keep the ``max`` most important prepared columns. A category has a column for each level, and
    a number that may be missing has one more, which says where it is."""

    max: int = Field(gt=0)


class PrincipalComponents(Declared):
    """Replace the prepared columns by principal components that explain this share of their
    variance."""

    variance: float = Field(gt=0, lt=1)


class ModelTraining(Declared):
    """How candidates are fitted and compared: sampling, weights, folds, search, and stages between
    the preparation and the model."""

    max_rows: int | None = Field(default=None, ge=100)
    class_weight: Literal["balanced"] | None = None
    folds: Literal["customer", "forward"] = "customer"
    search: Literal["grid", "halving"] = "grid"
    select_features: SelectFeatures | None = None
    pca: PrincipalComponents | None = None
    calibrate: Calibration | None = None

    @property
    def calibration(self) -> Calibration | None:
        """``calibrate``, or sigmoid where class weights shift the probabilities."""
        return self.calibrate or ("sigmoid" if self.class_weight else None)

    @property
    def needs_weights(self) -> bool:
        """Whether rows can have different weights."""
        return self.max_rows is not None or self.class_weight is not None

    def check(self, task: TaskName, *, has_calendar: bool) -> str | None:
        """Why it does not fit the rest of the model; None where it does."""
        for name in ("class_weight", "calibrate"):
            if task == "regression" and getattr(self, name):
                return f"{name} needs classes, not task: regression"
        if self.folds == "forward" and not has_calendar:
            return "folds: forward needs days; declare split.test_days, or write folds: customer"
        return None
