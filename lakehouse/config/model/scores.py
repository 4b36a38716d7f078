"""The declaration ``scores`` of a model: the tables of its predictions."""

from __future__ import annotations

from pydantic import Field

from lakehouse.config.declared import Declared
from lakehouse.config.names import ColumnName, TableName


class ModelScores(Declared):
    """The tables of predictions, the feature columns that are copied into them, the feature column
    that ``expected_value`` is computed from, and their expectations in addition to the built-in
    rules."""

    history: TableName
    current: TableName
    carry: list[ColumnName] = Field(default_factory=list)
    value: ColumnName | None = None
    expectations: str | None = None
