"""Columns that a table would lose or get with another type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame

from lakehouse.errors import DeclarationError
from lakehouse.refresh.definition import Definition


@dataclass(frozen=True)
class SchemaChanges:
    """``dropped`` columns, and ``retyped`` ones as ``price: decimal(12,2) → double``."""

    dropped: Sequence[str]
    retyped: Sequence[str]

    def text(self) -> str:
        """Both, in words."""
        parts = [f"{name} would be dropped" for name in self.dropped]
        return "; ".join([*parts, *self.retyped])


def schema_changes(stored: DataFrame, rows: DataFrame) -> SchemaChanges:
    """What ``rows`` would take away from the columns of ``stored``."""
    old, new = dict(stored.dtypes), dict(rows.dtypes)
    return SchemaChanges(
        [name for name in old if name not in new],
        [f"{n}: {old[n]} → {new[n]}" for n in new if n in old and old[n] != new[n]],
    )


def refuse_other_types(stored: DataFrame, rows: DataFrame, definition: Definition) -> None:
    """Raise DeclarationError where a stored column would be squeezed into its old type."""
    retyped = schema_changes(stored, rows).retyped
    if retyped:
        raise DeclarationError(
            f"{definition.name} holds other types: {'; '.join(retyped)}",
            where=definition.where,
            hint="--full-refresh builds the table anew, or cast the column to its old type",
        )


def refuse_lost_columns(stored: DataFrame, rows: DataFrame, definition: Definition) -> None:
    """Raise DeclarationError where a reader would miss a column or find another type."""
    changes = schema_changes(stored, rows)
    if changes.dropped or changes.retyped:
        raise DeclarationError(
            f"readers of {definition.name} would find other columns: {changes.text()}",
            where=definition.where,
            hint="--accept-change writes the table so, or keep the columns as they were",
        )
