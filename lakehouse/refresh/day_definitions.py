"""The definition that computed each day of a snapshot, stored in each commit as ranges.

A commit of the days 4 to 6 by definition ``b`` into a table of days 1 to 9 by ``a`` records

    [["1", "3", "a"], ["4", "6", "b"], ["7", "9", "a"]]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

Range = tuple[date, date, str]
_DAY = timedelta(days=1)


def with_days(ranges: Iterable[Range], first: date, last: date, definition: str) -> list[Range]:
    """The ranges after ``definition`` computed the days from ``first`` to ``last``."""
    parts: list[Range] = [(first, last, definition)]
    for start, end, name in ranges:
        if start < first:
            parts.append((start, min(end, first - _DAY), name))
        if end > last:
            parts.append((max(start, last + _DAY), end, name))
    merged: list[Range] = []
    for start, end, name in sorted(parts):
        if merged and merged[-1][2] == name and merged[-1][1] + _DAY >= start:
            merged[-1] = (merged[-1][0], end, name)
        else:
            merged.append((start, end, name))
    return merged


def definitions_of(ranges: Iterable[Range], days: Iterable[date]) -> dict[date, str | None]:
    """The definition of each day; None for a day that no range covers."""
    known = list(ranges)
    return {
        day: next((name for start, end, name in known if start <= day <= end), None) for day in days
    }


def as_json(ranges: Iterable[Range]) -> list[list[str]]:
    """The ranges as JSON, for a commit's tag."""
    return [[str(start), str(end), name] for start, end, name in ranges]


def from_json(ranges: Iterable[Sequence[str]]) -> list[Range]:
    """The ranges of a commit's tag."""
    return [(date.fromisoformat(r[0]), date.fromisoformat(r[1]), r[2]) for r in ranges]
