"""The declaration ``features`` of a model: the feature tables that it reads."""

from __future__ import annotations

from pydantic import Field

from lakehouse.config.declared import Declared
from lakehouse.config.names import ColumnName, Days, TableName, days


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
