"""The declarations of tables: one model for each kind of table, without unknown keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from lakehouse.config.charts import Charts
from lakehouse.config.column import Column
from lakehouse.config.declared import Declared
from lakehouse.config.names import ColumnName, Days, TableName, Zone, days
from lakehouse.config.source_declaration import DeclaredSource
from lakehouse.config.write_modes import MODES, GoldMode, ModeDeclaration, SilverMode, modes_with


class Table(Declared):
    """The keys common to all tables. ``file`` is the declaration, ``lines`` has the line of each of
    its top-level keys."""

    table: TableName
    description: str
    file: Path = Field(exclude=True)
    lines: dict[str, int] = Field(default_factory=dict, exclude=True, repr=False)

    @property
    def name(self) -> str:
        """``orders`` of ``silver.orders``."""
        return self.table.split(".")[1]


class PipelineInfo(Declared):
    """The purpose, the owner and the calendar of a pipeline.

    ``tables_from`` names the pipeline whose bronze, silver and feature tables are also of this one.
    """

    description: str
    owner: str
    tables_from: str | None = None
    timezone: Zone = "UTC"
    week_starts: Literal["monday", "sunday"] = "monday"

    @property
    def constants(self) -> dict[str, str | int]:
        """The values of ``:timezone`` and ``:week_shift`` in SQL.

        ``week_shift`` is the number of days by which a week begins before Monday.
        """
        return {"timezone": self.timezone, "week_shift": int(self.week_starts == "sunday")}


class BronzeTable(Table):
    """Rows of a source, as they arrived. ``source`` is validated by the model of its kind.

    ``keep`` is how long ``maintain`` keeps rows after the day on which they became known; None
    keeps them for ever.
    """

    source: DeclaredSource
    on_new_column: Literal["rescue", "add_new_columns", "fail_on_new_columns"] = "rescue"
    on_changed_file: Literal["reject", "new_version", "replace"] = "reject"
    on_duplicate_file: Literal["load", "skip"] = "load"
    max_rescued: float = Field(default=0.5, ge=0, le=1)
    keep: Days | None = None
    columns: dict[ColumnName, Column] = Field(min_length=1)
    info: PipelineInfo = Field(
        default_factory=lambda: PipelineInfo(description="", owner=""), exclude=True
    )

    @property
    def keep_days(self) -> int | None:
        """``keep`` as a number of days."""
        return days(self.keep) if self.keep else None

    @property
    def is_snapshot(self) -> bool:
        """Whether each load of the source is a whole dump (``snapshot: true``)."""
        return bool(getattr(self.source, "snapshot", False))

    @property
    def changed_file_policy(self) -> Literal["reject", "new_version", "replace"]:
        """``on_changed_file``; a whole dump replaces the one before under its name."""
        return "replace" if self.is_snapshot else self.on_changed_file


class ComputedTable(Table):
    """A table with a transformation beside it: NAME.sql or NAME.py."""

    source: TableName
    lookups: list[TableName] = Field(default_factory=list)
    keys: list[ColumnName] = Field(default_factory=list)
    expectations: str | None = None
    transformation: Path = Field(exclude=True)
    info: PipelineInfo = Field(exclude=True)

    @property
    def sources(self) -> list[str]:
        """The tables whose rows become its rows: one, but for a silver table of several sources."""
        return [self.source]

    @property
    def inputs(self) -> list[str]:
        """The sources, then the lookups."""
        return [*self.sources, *self.lookups]


class SilverTable(ComputedTable):
    """Protected, checked rows of one bronze table, or of several.

    ``source: [bronze.a, bronze.b]`` is read as the first, ``source``, and ``more_sources``.
    ``transformations`` has the file of each; empty for a single source.
    """

    write: SilverMode
    sequence_by: ColumnName | None = None
    apply_as_deletes: str | None = None
    keep_deletes: Days | None = None
    changes_rows: bool = False
    cluster_by: ColumnName | None = None
    on_schema_change: Literal["fail", "append_new_columns"] = "fail"
    drop_exact_repeats: bool = Field(default=False, exclude=True)
    more_sources: list[TableName] = Field(default_factory=list, exclude=True)
    transformations: dict[str, Path] = Field(default_factory=dict, exclude=True)

    @property
    def sources(self) -> list[str]:
        """The bronze tables that it is made of; the first takes precedence."""
        return [self.source, *self.more_sources]

    @property
    def branches(self) -> list[SilverTable]:
        """The table as made of each of its sources alone; the table itself where it has one."""
        if not self.more_sources:
            return [self]
        return [
            self.model_copy(
                update={
                    "source": source,
                    "more_sources": [],
                    "transformation": self.transformations[source],
                }
            )
            for source in self.sources
        ]

    @property
    def mode(self) -> ModeDeclaration:
        """The properties of its write mode."""
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
    def keep_deletes_days(self) -> int | None:
        """Business days for which an ``scd1`` table remembers a deletion; None: for ever."""
        return days(self.keep_deletes) if self.keep_deletes else None

    @property
    def keeps_every_row(self) -> bool:
        """Whether every row is kept; a row is identified by file, content and occurrence number."""
        return self.mode.adds_rows and not self.keys and not self.drop_exact_repeats

    @model_validator(mode="before")
    @classmethod
    def _several_sources(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Split ``source: [bronze.a, bronze.b]`` into the first and the others."""
        source = given.get("source")
        if not isinstance(source, list):
            return given
        if not source:
            raise ValueError("source names no table")
        return {**given, "source": source[0], "more_sources": source[1:]}

    @model_validator(mode="before")
    @classmethod
    def _keys_all(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Expand ``keys: all``: all columns together identify a row."""
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
        """The properties of its write mode."""
        return MODES[self.write]


class FeatureColumn(Declared):
    """What is told of a feature: in words, its owner where it is not the pipeline's, and whether
    models may use it."""

    description: str | None = None
    owner: str | None = None
    status: Literal["draft", "active", "deprecated"] = "active"


class SnapshotTable(ComputedTable):
    """Features or labels. Grain: one row per entity and day ``as_of``; earlier days are kept.

    A label covers the days of its ``horizon``. It is used only ``maturity`` later, when events that
    came late and values that were corrected are in it::

        as_of          until              known
          |-- horizon --|-- maturity --|
    """

    columns: dict[ColumnName, FeatureColumn] = Field(default_factory=dict)
    lookback: Days | None = None
    horizon: Days | None = None
    maturity: Days | None = None

    @field_validator("maturity")
    @classmethod
    def _waits_after_horizon(cls, maturity: Days | None, info: ValidationInfo) -> Days | None:
        if maturity and info.data.get("horizon", "") is None:
            raise ValueError("only labels, which have a horizon, wait for late values")
        return maturity

    @property
    def lookback_days(self) -> int | None:
        """Days before ``as_of`` that inputs with a range column are read from; None: all."""
        return days(self.lookback) if self.lookback else None

    @property
    def unused(self) -> list[str]:
        """The columns that a model does not use unless it names them: drafts, and deprecated."""
        return [name for name, column in self.columns.items() if column.status != "active"]

    @property
    def horizon_days(self) -> int:
        """Days after ``as_of`` that a label covers; 0 for features."""
        return days(self.horizon) if self.horizon else 0

    @property
    def known_after_days(self) -> int:
        """Days after ``as_of`` from which a label may be used: horizon and maturity; 0 for
        features."""
        return self.horizon_days + (days(self.maturity) if self.maturity else 0)
