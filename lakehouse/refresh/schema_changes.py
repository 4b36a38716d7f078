"""Columns that a write would drop from a table or change in type."""

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
        """The changes as text, such as ``a would be dropped; b: int → string``."""
        parts = [f"{name} would be dropped" for name in self.dropped]
        return "; ".join([*parts, *self.retyped])


def find_schema_changes(stored: DataFrame, rows: DataFrame) -> SchemaChanges:
    """The columns of ``stored`` that ``rows`` would drop or retype."""
    old, new = dict(stored.dtypes), dict(rows.dtypes)
    return SchemaChanges(
        [name for name in old if name not in new],
        [f"{n}: {old[n]} → {new[n]}" for n in new if n in old and old[n] != new[n]],
    )


def refuse_other_types(stored: DataFrame, rows: DataFrame, definition: Definition) -> None:
    """Raise DeclarationError where a column has another type than in the stored table."""
    retyped = find_schema_changes(stored, rows).retyped
    if retyped:
        raise DeclarationError(
            f"{definition.name} has columns of other types: {'; '.join(retyped)}",
            where=definition.where,
            hint="--full-refresh rebuilds the table, or cast the column to its old type",
        )


def refuse_lost_columns(stored: DataFrame, rows: DataFrame, definition: Definition) -> None:
    """Raise DeclarationError where columns would be dropped or retyped."""
    changes = find_schema_changes(stored, rows)
    if changes.dropped or changes.retyped:
        raise DeclarationError(
            f"columns of {definition.name} would change for its readers: {changes.text()}",
            where=definition.where,
            hint="--accept-change accepts this, or keep the columns as they were",
        )
