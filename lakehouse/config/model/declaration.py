"""The declaration of a model in ``model.yml``, and of the tables that it writes."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator

from lakehouse.config.declarations import Table
from lakehouse.config.declared import Declared
from lakehouse.config.model.features import ModelFeatures
from lakehouse.config.model.gates import ModelGates
from lakehouse.config.model.live import ModelLive
from lakehouse.config.model.monitoring import ModelMonitoring
from lakehouse.config.model.scores import ModelScores
from lakehouse.config.model.slices import ModelSlice
from lakehouse.config.model.split import ModelSplit
from lakehouse.config.model.training import ModelTraining
from lakehouse.config.names import ColumnName
from lakehouse.config.tasks import TASKS, MetricName, TaskName, default_metric


class ModelCosts(Declared):
    """What a wrong decision costs, in any unit."""

    false_positive: float = Field(gt=0)
    false_negative: float = Field(gt=0)


class ModelPromotion(Declared):
    """Conditions for a challenger to take the champion's place: the least gain in the model's
    metric, which the lower bound of the gain must exceed."""

    min_gain: float = Field(default=0.005, ge=0)


class ModelDecl(Declared):
    """A model: its task, entity, label, features, metric, split, training, gates and promotion.

    ``rule_of_thumb`` names one to three numeric features whose quintiles form a table of means, a
    baseline of the hold-out.
    """

    model: ColumnName
    description: str
    entity: ColumnName
    label: str
    features: ModelFeatures
    task: TaskName = "binary"
    metric: MetricName = Field(
        default_factory=lambda given: default_metric(given.get("task", "binary"))
    )
    split: ModelSplit
    slices: list[ModelSlice] = Field(default_factory=list)
    training: ModelTraining = ModelTraining()
    rule_of_thumb: list[ColumnName] = Field(default_factory=list, max_length=3)
    gates: ModelGates = ModelGates()
    costs: ModelCosts | None = None
    promotion: ModelPromotion = ModelPromotion()
    live: ModelLive = ModelLive()
    monitoring: ModelMonitoring = ModelMonitoring()
    candidates: str = "lakehouse.ml.candidates:standard"
    scores: ModelScores
    file: Path = Field(exclude=True)

    @field_validator("metric")
    @classmethod
    def _fits_task(cls, metric: MetricName, info: ValidationInfo) -> MetricName:
        task: TaskName = info.data.get("task", "binary")
        known = TASKS[task].metrics
        if metric not in known:
            raise ValueError(f"'{metric}' does not fit task: {task}; write {', '.join(known)}")
        return metric

    @field_validator("training")
    @classmethod
    def _fits_model(cls, training: ModelTraining, info: ValidationInfo) -> ModelTraining:
        split: ModelSplit | None = info.data.get("split")
        has_calendar = split is None or split.test_days is not None
        if problem := training.check(info.data.get("task", "binary"), has_calendar=has_calendar):
            raise ValueError(problem)
        return training

    @field_validator("rule_of_thumb")
    @classmethod
    def _is_of_features(cls, columns: list[ColumnName], info: ValidationInfo) -> list[ColumnName]:
        features: ModelFeatures | None = info.data.get("features")
        for place, name in enumerate(columns):
            if name in columns[:place]:
                raise ValueError(f"duplicate column '{name}'")
            if features and features.columns is not None and name not in features.columns:
                raise ValueError(f"'{name}' is not among features.columns")
        return columns

    @field_validator("slices")
    @classmethod
    def _is_named_once(cls, slices: list[ModelSlice]) -> list[ModelSlice]:
        names = [declared.column for declared in slices]
        if doubled := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"duplicate column '{doubled[0]}'")
        return slices

    @field_validator("gates")
    @classmethod
    def _have_what_they_check(cls, gates: ModelGates, info: ValidationInfo) -> ModelGates:
        problem = gates.check(
            info.data.get("task", "binary"),
            has_rule=info.data.get("rule_of_thumb") != [],
            slices=info.data.get("slices", ()),
        )
        if problem:
            raise ValueError(problem)
        return gates

    @field_validator("costs")
    @classmethod
    def _has_two_classes(cls, costs: ModelCosts | None, info: ValidationInfo) -> ModelCosts | None:
        if costs is not None and info.data.get("task") in ("multiclass", "regression"):
            raise ValueError(f"a threshold needs task: binary, not {info.data['task']}")
        return costs

    @field_validator("scores")
    @classmethod
    def _has_one_event(cls, scores: ModelScores, info: ValidationInfo) -> ModelScores:
        if scores.value is not None and info.data.get("task") in ("multiclass", "regression"):
            raise ValueError(
                "value is multiplied by the probability of label 1, which needs task: binary, not "
                f"{info.data['task']}"
            )
        return scores

    def registered_name(self, pipeline: str) -> str:
        """The name in MLflow: ``<pipeline>_<model>``."""
        return f"{pipeline}_{self.model}"

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
