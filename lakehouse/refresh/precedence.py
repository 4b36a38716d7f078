"""The order of precedence of several sources of one silver table.

A row of such a table has ``_precedence``: 1 where it came from the source that is declared first.
Where two rows of a key have the same ``sequence_by``, the row of the source declared first wins,
whenever each became known; under ``append``, where both became known on the same day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lakehouse.refresh.progress import Position

PRECEDENCE = "_precedence"


def precedence_columns(columns: Sequence[str]) -> list[str]:
    """``_precedence`` where the columns have it; the least comes first."""
    return [PRECEDENCE] if PRECEDENCE in columns else []


def source_version(positions: Mapping[str, Position], sources: Sequence[str]) -> int:
    """How far the sources have been read, as one number that every batch increases: the version of
    a single source, the sum of the versions of several. A source never read counts as -1."""
    return sum(positions[name].version if name in positions else -1 for name in sources)
