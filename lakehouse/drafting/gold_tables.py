"""One gold table for a start: rows a day of the largest source that has a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse.drafting.draft_tables import DraftColumn, DraftTable
from lakehouse.drafting.value_forms import are_labels
from lakehouse.drafting.vocabulary import CHANGE_TIME, DAY, MEASURE, RATIO
from lakehouse.drafting.words_of_names import has_id_name, name_words

_GROUPS = range(2, 9)
_ADDED = ("bigint", "int", "smallint", "decimal")


@dataclass(frozen=True)
class DraftGold:
    """Rows and the sum of ``measure`` by ``day`` and ``group``, columns of a silver table."""

    table: DraftTable
    day: DraftColumn
    measure: DraftColumn | None
    group: DraftColumn | None

    @property
    def name(self) -> str:
        """``daily_orders``."""
        return f"daily_{self.table.name}"


def draft_gold(tables: Sequence[DraftTable]) -> DraftGold | None:
    """The gold table; None where no silver table has a day. The largest source comes first."""
    by_size = sorted(tables, key=lambda table: (-table.source.estimated_rows, table.name))
    for table in by_size:
        days = sorted((column for column in table.kept if column.profile.is_day), key=_distance)
        if days:
            return DraftGold(table, days[0], _measure(table), _group(table))
    return None


def _distance(column: DraftColumn) -> tuple[bool, bool, int]:
    """Days that say when something happened first, then those that say when a row changed."""
    names = name_words(column.name)
    return (bool(names & CHANGE_TIME), not names & DAY, column.profile.nulls)


def _measure(table: DraftTable) -> DraftColumn | None:
    """The first number that may be added up."""
    for column in table.kept:
        names = name_words(column.name)
        adds_up = names & MEASURE and not names & RATIO and not has_id_name(column.name)
        if column.profile.base in _ADDED and adds_up and column.name not in table.mode.keys:
            return column
    return None


def _group(table: DraftTable) -> DraftColumn | None:
    """The first column of a few labels that occur often."""
    for column in table.kept:
        profile = column.profile
        if profile.is_text and are_labels(profile.counts) and len(profile.counts) in _GROUPS:
            return column
    return None
