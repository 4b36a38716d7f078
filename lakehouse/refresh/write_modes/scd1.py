"""``write: scd1``: the current row of each key; the greatest ``sequence_by`` wins."""

from __future__ import annotations

from pyspark.sql import DataFrame

from lakehouse.config.declarations import SilverTable
from lakehouse.errors import RunFailed
from lakehouse.refresh import deduplicate
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.write_modes.upsert import Upsert


class Scd1(Upsert):
    """Keeps the newest row per key, by (``sequence_by``, ``_known_date``, content)."""

    name = "scd1"

    def choose_rows(self, definition: Definition, rows: DataFrame) -> DataFrame:
        """The greatest row of each key."""
        sequence = _sequence(definition)
        return deduplicate.latest_per_key(rows, keys=definition.keys, sequence_by=sequence)

    def identity(self, definition: Definition, rows: DataFrame) -> list[str]:
        """The keys."""
        return definition.keys

    def wins(self, definition: Definition, rows: DataFrame, target: list[str]) -> str:
        """The greater row wins."""
        return deduplicate.is_later(
            rows.columns,
            definition.keys,
            sequence_by=_sequence(definition),
            target_columns=target,
        )


def _sequence(definition: Definition) -> str:
    table = definition.table
    if not isinstance(table, SilverTable) or table.sequence_by is None:
        raise RunFailed("write: scd1 has no sequence_by", where=definition.name)
    return table.sequence_by
