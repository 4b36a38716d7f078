"""What can be declared: one typed, closed form for each kind of table, and for the model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from lakehouse.config.names import ColumnName, Days, TableName, Zone, days


def _option_text(value: object) -> object:
    """What YAML made of an option, as Spark wants it: ``false`` for a boolean, digits for a number.

    A float stays an error: YAML's 1e3 and 1.10 are no longer what was written.
    """
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else value


OptionText = Annotated[str, BeforeValidator(_option_text)]


class Declared(BaseModel):
    """A closed form: unknown keys are errors, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Column(Declared):
    """A bronze column. Without ``pii`` it stays in bronze."""

    type: str
    pii: str | None = None
    description: str | None = None


class FileSource(Declared):
    """Files below a landing folder; ``{date}`` in the path is the file's business day."""

    kind: Literal["files"]
    format: Literal["csv", "json", "parquet"]
    path: str
    options: dict[str, OptionText] = Field(default_factory=dict)


class Table(Declared):
    """What every declared table has. ``file`` is where it was declared, ``lines`` the line of each
    of its keys."""

    table: TableName
    description: str
    file: Path = Field(exclude=True)
    lines: dict[str, int] = Field(default_factory=dict, exclude=True, repr=False)

    @property
    def schema_name(self) -> str:
        """``silver`` of ``silver.orders``."""
        return self.table.split(".")[0]

    @property
    def name(self) -> str:
        """``orders`` of ``silver.orders``."""
        return self.table.split(".")[1]


class BronzeTable(Table):
    """A source as it came."""

    source: FileSource
    on_new_column: Literal["rescue", "add_new_columns", "fail_on_new_columns"] = "rescue"
    on_changed_file: Literal["reject", "new_version"] = "reject"
    on_duplicate_file: Literal["load", "skip"] = "load"
    max_rescued: float = Field(default=0.5, ge=0, le=1)
    columns: dict[ColumnName, Column] = Field(min_length=1)

    @field_validator("on_changed_file", mode="before")
    @classmethod
    def _refuse_replace(cls, value: object) -> object:
        if value == "replace":
            raise ValueError("'replace' is not supported yet; use reject or new_version")
        return value


class PipelineInfo(Declared):
    """What a pipeline is for, whose it is, and its calendar."""

    description: str
    owner: str
    timezone: Zone = "UTC"
    week_starts: Literal["monday", "sunday"] = "monday"

    @property
    def constants(self) -> dict[str, str | int]:
        """What ``:timezone`` and ``:week_shift`` stand for in SQL.

        ``week_shift`` is how many days before Monday a week begins.
        """
        return {"timezone": self.timezone, "week_shift": int(self.week_starts == "sunday")}


class ComputedTable(Table):
    """A table with a shape beside it: NAME.sql or NAME.py."""

    source: TableName
    lookups: list[TableName] = Field(default_factory=list)
    keys: list[ColumnName] = Field(default_factory=list)
    expectations: str | None = None
    shape: Path = Field(exclude=True)
    info: PipelineInfo = Field(exclude=True)

    @property
    def inputs(self) -> list[str]:
        """The source, then the lookups."""
        return [self.source, *self.lookups]


class SilverTable(ComputedTable):
    """Protected, checked rows of one bronze table."""

    write: Literal["append", "scd1", "scd2"]
    sequence_by: ColumnName | None = None
    apply_as_deletes: str | None = None
    changes_rows: bool = False
    cluster_by: ColumnName | None = None
    on_schema_change: Literal["fail", "append_new_columns"] = "fail"
    drop_exact_repeats: bool = Field(default=False, exclude=True)

    @property
    def keeps_history(self) -> bool:
        """Whether every version of a key is kept, with when it was valid and known."""
        return self.write == "scd2"

    @property
    def keeps_past(self) -> bool:
        """Whether what was known on an earlier day can still be read."""
        return self.write != "scd1"

    @property
    def keeps_every_row(self) -> bool:
        """Whether no row is left out: rows are told apart by file, content and occurrence."""
        return self.write == "append" and not self.keys and not self.drop_exact_repeats

    @model_validator(mode="before")
    @classmethod
    def _keys_all(cls, given: dict[str, Any]) -> dict[str, Any]:
        """``keys: all``: a row is found again by all of its columns."""
        if given.get("keys") != "all":
            return given
        if given.get("write") != "append":
            raise ValueError("keys: all drops exact repeats, which only write: append can")
        return {**given, "keys": [], "drop_exact_repeats": True}


class GoldTable(ComputedTable):
    """An aggregate for readers."""

    write: Literal["replace_keys", "rebuild"]


class SnapshotTable(ComputedTable):
    """Features or labels: one row for each entity and day ``as_of``, kept."""

    lookback: Days | None = None
    horizon: Days | None = None

    @property
    def lookback_days(self) -> int | None:
        """Days before ``as_of`` that are read of inputs with a range column; None: all."""
        return days(self.lookback) if self.lookback else None

    @property
    def horizon_days(self) -> int:
        """Days after ``as_of`` that a label looks at; 0 for features."""
        return days(self.horizon) if self.horizon else 0


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
