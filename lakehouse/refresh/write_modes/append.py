"""``write: append``: with keys the earliest known row of each key stays; without, every row."""

from __future__ import annotations

from pyspark.sql import DataFrame

from lakehouse.config.declarations import SilverTable
from lakehouse.refresh import deduplicate
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.write_modes.upsert import Upsert
from lakehouse.storage.tables import columns_of


class Append(Upsert):
    """Rows of silver that are added; one gives way only to the same key known earlier."""

    name = "append"

    def chosen(self, definition: Definition, rows: DataFrame) -> DataFrame:
        """The earliest known row of each key, or of each content under ``keys: all``."""
        if _drops_repeats(definition):
            return deduplicate.drop_exact_repeats(rows)
        if definition.keys:
            return deduplicate.earliest_per_key(rows, keys=definition.keys)
        return rows

    def identity(self, definition: Definition, rows: DataFrame) -> list[str]:
        """The keys, or all columns under ``keys: all``."""
        if _drops_repeats(definition):
            return columns_of(rows, but=("_known_date",))
        return definition.keys

    def clauses(self, definition: Definition, rows: DataFrame, target: list[str]) -> str:
        """The earlier known row wins."""
        on = self.identity(definition, rows)
        return deduplicate.append_clauses(rows.columns, on, target_columns=target)


def _drops_repeats(definition: Definition) -> bool:
    return isinstance(definition.table, SilverTable) and definition.table.drop_exact_repeats
