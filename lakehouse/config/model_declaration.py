"""What ``model.yml`` declares, and the tables that a model writes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from lakehouse.config.declarations import Table
from lakehouse.config.declared import Declared
from lakehouse.config.names import ColumnName, TableName


class ModelFeatures(Declared):
    """The feature table, and the columns to use (all but entity and day when left out)."""

    table: TableName
    columns: list[ColumnName] | None = None


class ModelSplit(Declared):
    """Held-out customers on the last days test what other customers taught on earlier days."""

    test_days: int = Field(gt=0)
    test_customers: float = Field(gt=0, lt=1)
    every: int = Field(default=1, gt=0)


class ModelGates(Declared):
    """What a model must show before it is registered."""

    better_than_dummy: bool = True


class ModelScores(Declared):
    """Where predictions go, the feature columns that go with them, and the expectations of both
    tables beside the built-in rules."""

    history: TableName
    current: TableName
    carry: list[ColumnName] = Field(default_factory=list)
    expectations: str | None = None


class ModelDecl(Declared):
    """A model: whom it speaks of, what it predicts, from what, and how it is judged."""

    model: ColumnName
    description: str
    entity: ColumnName
    label: str
    features: ModelFeatures
    metric: Literal["roc_auc", "average_precision", "neg_brier_score", "neg_log_loss"] = "roc_auc"
    split: ModelSplit
    gates: ModelGates = ModelGates()
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
