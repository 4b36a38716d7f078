"""``write: append``: keep the earliest known row of each key; without keys, every row."""

from __future__ import annotations

from pyspark.sql import DataFrame

from lakehouse.config.declarations import SilverTable
from lakehouse.refresh import deduplicate
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.precedence import PRECEDENCE
from lakehouse.refresh.write_modes.upsert import Upsert
from lakehouse.storage.tables import columns_of


class Append(Upsert):
    """Inserts new rows; a stored row is replaced only by one of its key that was known earlier."""

    name = "append"

    def choose_rows(self, definition: Definition, rows: DataFrame) -> DataFrame:
        """The earliest known row of each key, or of each content under ``keys: all``."""
        if _drops_repeats(definition):
            return deduplicate.drop_exact_repeats(rows)
        if definition.keys:
            return deduplicate.earliest_per_key(rows, keys=definition.keys)
        return rows

    def identity(self, definition: Definition, rows: DataFrame) -> list[str]:
        """The keys, or all columns under ``keys: all``."""
        if _drops_repeats(definition):
            return columns_of(rows, but=("_known_date", PRECEDENCE))
        return definition.keys

    def wins(self, definition: Definition, rows: DataFrame, target: list[str]) -> str:
        """The row that was known earlier wins."""
        on = self.identity(definition, rows)
        return deduplicate.is_earlier(rows.columns, on, target_columns=target)


def _drops_repeats(definition: Definition) -> bool:
    return isinstance(definition.table, SilverTable) and definition.table.drop_exact_repeats
