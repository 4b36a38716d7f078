"""What can be declared: one typed, closed form for each kind of table."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from lakehouse.config.charts import Charts
from lakehouse.config.declared import Declared
from lakehouse.config.names import ColumnName, Days, TableName, Zone, days
from lakehouse.config.source_declaration import DeclaredSource
from lakehouse.config.write_modes import MODES, GoldMode, ModeDeclaration, SilverMode, modes_with


class Column(Declared):
    """A bronze column. Without ``pii`` it stays in bronze."""

    type: str
    pii: str | None = None
    description: str | None = None


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
    """A source as it came. ``source`` is of the model that its kind of source supplies."""

    source: DeclaredSource
    on_new_column: Literal["rescue", "add_new_columns", "fail_on_new_columns"] = "rescue"
    on_changed_file: Literal["reject", "new_version", "replace"] = "reject"
    on_duplicate_file: Literal["load", "skip"] = "load"
    max_rescued: float = Field(default=0.5, ge=0, le=1)
    columns: dict[ColumnName, Column] = Field(min_length=1)


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
    """A table with a transformation beside it: NAME.sql or NAME.py."""

    source: TableName
    lookups: list[TableName] = Field(default_factory=list)
    keys: list[ColumnName] = Field(default_factory=list)
    expectations: str | None = None
    transformation: Path = Field(exclude=True)
    info: PipelineInfo = Field(exclude=True)

    @property
    def inputs(self) -> list[str]:
        """The source, then the lookups."""
        return [self.source, *self.lookups]


class SilverTable(ComputedTable):
    """Protected, checked rows of one bronze table."""

    write: SilverMode
    sequence_by: ColumnName | None = None
    apply_as_deletes: str | None = None
    changes_rows: bool = False
    cluster_by: ColumnName | None = None
    on_schema_change: Literal["fail", "append_new_columns"] = "fail"
    drop_exact_repeats: bool = Field(default=False, exclude=True)

    @property
    def mode(self) -> ModeDeclaration:
        """What its write mode demands and gives."""
        return MODES[self.write]

    @property
    def keeps_history(self) -> bool:
        """Whether every version of a key is kept, with when it was valid and known."""
        return self.mode.keeps_history

    @property
    def keeps_past(self) -> bool:
        """Whether what was known on an earlier day can still be read."""
        return bool(self.mode.past_columns)

    @property
    def keeps_every_row(self) -> bool:
        """Whether no row is left out: rows are told apart by file, content and occurrence."""
        return self.mode.adds_rows and not self.keys and not self.drop_exact_repeats

    @model_validator(mode="before")
    @classmethod
    def _keys_all(cls, given: dict[str, Any]) -> dict[str, Any]:
        """``keys: all``: a row is found again by all of its columns."""
        if given.get("keys") != "all":
            return given
        able = modes_with(lambda mode: mode.adds_rows)
        if given.get("write") not in able:
            raise ValueError(
                f"keys: all drops exact repeats, which only write: {' or '.join(able)} can"
            )
        return {**given, "keys": [], "drop_exact_repeats": True}


class GoldTable(ComputedTable):
    """An aggregate for readers."""

    write: GoldMode
    chart: Charts = Field(default_factory=list)

    @property
    def mode(self) -> ModeDeclaration:
        """What its write mode demands and gives."""
        return MODES[self.write]


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
