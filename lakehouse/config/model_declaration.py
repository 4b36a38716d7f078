"""The declaration of a model in ``model.yml``, and of the tables that it writes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from lakehouse.config.declarations import Table
from lakehouse.config.declared import Declared
from lakehouse.config.names import ColumnName, Days, TableName, days


class ModelFeatures(Declared):
    """The feature table, and the columns to use (all but entity and day when left out)."""

    table: TableName
    columns: list[ColumnName] | None = None


class ModelSplit(Declared):
    """The hold-out: ``test_customers`` (a share) on the last ``test_days``; the other customers on
    earlier days are trained on. ``every`` takes each n-th day."""

    test_days: int = Field(gt=0)
    test_customers: float = Field(gt=0, lt=1)
    every: int = Field(default=1, gt=0)


class ModelGates(Declared):
    """Conditions that a model must meet to be registered, and its scores to be published."""

    better_than_dummy: bool = True
    max_score_psi: float | None = Field(default=None, gt=0)
    max_missing_inputs: float | None = Field(default=None, ge=0, lt=1)


class ModelMonitoring(Declared):
    """The PSI from which a column is a warning or an alarm, and the time for which an alarm of a
    column is not raised again."""

    warn: float = Field(default=0.1, gt=0)
    alarm: float = Field(default=0.25, gt=0)
    cool_down: Days = "7 days"

    @model_validator(mode="after")
    def _check_order(self) -> ModelMonitoring:
        if self.alarm < self.warn:
            raise ValueError("alarm is below warn")
        return self

    @property
    def cool_down_days(self) -> int:
        """The days after an alarm on which it is not raised again."""
        return days(self.cool_down)


class ModelScores(Declared):
    """The tables of predictions, the feature columns that are copied into them, and their
    expectations in addition to the built-in rules."""

    history: TableName
    current: TableName
    carry: list[ColumnName] = Field(default_factory=list)
    expectations: str | None = None


class ModelDecl(Declared):
    """A model: its entity, label, features, metric, split and gates."""

    model: ColumnName
    description: str
    entity: ColumnName
    label: str
    features: ModelFeatures
    metric: Literal["roc_auc", "average_precision", "neg_brier_score", "neg_log_loss"] = "roc_auc"
    split: ModelSplit
    gates: ModelGates = ModelGates()
    monitoring: ModelMonitoring = ModelMonitoring()
    candidates: str = "lakehouse.ml.candidates:standard"
    scores: ModelScores
    file: Path = Field(exclude=True)

    @property
    def label_table(self) -> str:
        """``gold.churn_labels`` of ``gold.churn_labels.churned``."""
        return self.label.rpartition(".")[0]

    @property
    def label_column(self) -> str:
        """``churned`` of ``gold.churn_labels.churned``."""
        return self.label.rpartition(".")[2]


class PredictionTable(Table):
    """A table that a model writes. Grain: one row per key."""

    keys: list[ColumnName]
    expectations: str | None = None
    model: ModelDecl

    @classmethod
    def of(cls, model: ModelDecl) -> tuple[PredictionTable, PredictionTable]:
        """The history and the current predictions of a model."""
        shared = {
            "file": model.file,
            "model": model,
            "expectations": model.scores.expectations,
            "description": model.description,
        }
        history = [model.entity, "as_of", "model_name", "model_version"]
        return (
            cls(table=model.scores.history, keys=history, **shared),
            cls(table=model.scores.current, keys=[model.entity], **shared),
        )
