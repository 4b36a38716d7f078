"""The declaration of a model in ``model.yml``, and of the tables that it writes."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator, model_validator

from lakehouse.config.declarations import Table
from lakehouse.config.declared import Declared
from lakehouse.config.live_declaration import ModelLive
from lakehouse.config.names import ColumnName, Days, TableName, days
from lakehouse.config.slices import ModelSlice, ModelSliceGate, slice_problem
from lakehouse.config.tasks import TASKS, MetricName, TaskName, default_metric
from lakehouse.config.training_declaration import ModelTraining


class FeatureJoin(Declared):
    """A further feature table: its newest rows by the column ``key``, no older than ``max_age``."""

    table: TableName
    key: ColumnName
    max_age: Days | None = None

    @property
    def max_age_days(self) -> int | None:
        """``max_age`` as a number of days; None where any age will do."""
        return days(self.max_age) if self.max_age else None


class ModelFeatures(Declared):
    """The feature table, the columns to use (all but entity and day when left out), and further
    feature tables that are joined to it."""

    table: TableName
    columns: list[ColumnName] | None = None
    joins: list[FeatureJoin] = Field(default_factory=list)

    @property
    def tables(self) -> list[str]:
        """All feature tables, the main one first."""
        return [self.table, *(join.table for join in self.joins)]


class ModelSplit(Declared):
    """The hold-out: ``test_customers`` (a share) on the last ``test_days``; the other customers on
    earlier days are trained on. ``every`` takes each n-th day. Between the day on which the last
    label of the training is known and the hold-out are ``embargo`` more days. Without
    ``test_days``, both sides have the same days: for data without a calendar."""

    test_days: int | None = Field(default=None, gt=0)
    test_customers: float = Field(gt=0, lt=1)
    every: int = Field(default=1, gt=0)
    embargo: Days | None = None

    @model_validator(mode="after")
    def _check_embargo(self) -> ModelSplit:
        if self.embargo and self.test_days is None:
            raise ValueError("embargo needs test_days: without them both sides have the same days")
        return self

    @property
    def embargo_days(self) -> int:
        """``embargo`` as a number of days; 0 without one."""
        return days(self.embargo) if self.embargo else 0


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


class ModelCosts(Declared):
    """What a wrong decision costs, in any unit."""

    false_positive: float = Field(gt=0)
    false_negative: float = Field(gt=0)


class ModelPromotion(Declared):
    """Conditions for a challenger to take the champion's place: the least gain in the model's
    metric, which the lower bound of the gain must exceed."""

    min_gain: float = Field(default=0.005, ge=0)


class ModelMonitoring(Declared):
    """The PSI from which a column is a warning or an alarm, the time for which an alarm of a
    column is not raised again, and the columns of the features ``by`` which it is also told."""

    warn: float = Field(default=0.1, gt=0)
    alarm: float = Field(default=0.25, gt=0)
    cool_down: Days = "7 days"
    by: list[ColumnName] = Field(default_factory=list)

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
    """The tables of predictions, the feature columns that are copied into them, the feature column
    that ``expected_value`` is computed from, and their expectations in addition to the built-in
    rules."""

    history: TableName
    current: TableName
    carry: list[ColumnName] = Field(default_factory=list)
    value: ColumnName | None = None
    expectations: str | None = None


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

    @field_validator("gates")
    @classmethod
    def _has_rule(cls, gates: ModelGates, info: ValidationInfo) -> ModelGates:
        if gates.better_than_rule and info.data.get("rule_of_thumb") == []:
            raise ValueError("better_than_rule needs a rule_of_thumb, such as two feature columns")
        return gates

    @field_validator("gates")
    @classmethod
    def _has_probabilities(cls, gates: ModelGates, info: ValidationInfo) -> ModelGates:
        declared = "max_calibration_error" in gates.model_fields_set
        if declared and gates.max_calibration_error and info.data.get("task") == "regression":
            raise ValueError("max_calibration_error needs probabilities, not task: regression")
        return gates

    @field_validator("slices")
    @classmethod
    def _is_named_once(cls, slices: list[ModelSlice]) -> list[ModelSlice]:
        names = [declared.column for declared in slices]
        if doubled := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"duplicate column '{doubled[0]}'")
        return slices

    @field_validator("gates")
    @classmethod
    def _has_slices(cls, gates: ModelGates, info: ValidationInfo) -> ModelGates:
        task: TaskName = info.data.get("task", "binary")
        if problem := slice_problem(gates.slices, info.data.get("slices"), task):
            raise ValueError(f"slices: {problem}")
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
