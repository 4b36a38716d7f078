"""What tables hold after any deliveries, in plain Python, from all rows of all files.

It is written from the meaning of the declarations alone: ``append`` keeps the earliest known row of
each key; ``scd1`` the greatest by sequence, known day and content, unless that one deletes the key;
``scd2`` every version of each key, with when it was valid and when it was known.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple

from any_order import Delivery, Row, Slot

Table = Counter[tuple[Any, ...]]
"""The rows of a table and how often each is there. The first cell is the key."""


class Known(NamedTuple):
    """A row of bronze, and the day since which it is known."""

    row: Row
    day: int


@dataclass
class File:
    """A file in the landing folder."""

    name: str
    day: int
    rows: Sequence[Row]
    is_loaded: bool = False


@dataclass
class Landing:
    """The files that have landed, and the rows that were loaded from them."""

    files: list[File] = field(default_factory=list)
    bronze: list[Known] = field(default_factory=list)

    def land(self, number: int, delivery: Delivery, said: Iterable[tuple[Slot, Row]]) -> list[File]:
        """The files of a delivery that have to be written."""
        days: dict[Slot, int] = {
            "first": delivery.day,
            "second": delivery.day,
            "late": delivery.day - delivery.lag,
            "early": delivery.day + delivery.lead,
        }
        of_slot: dict[Slot, list[Row]] = defaultdict(list)
        for slot, row in said:
            of_slot[slot].append(row)
        new = [File(f"{number}-{slot}", days[slot], rows) for slot, rows in of_slot.items()]
        again = []
        if delivery.again and self.files:
            how, back = delivery.again
            again = [self.files[-min(back, len(self.files))]]
            if how == "renamed":
                again = [File(f"{file.name}-{number}", file.day, file.rows) for file in again]
                new += again
        self.files += new
        return new if again and again[0] in new else new + again

    def run(self, start: int, end: int) -> None:
        """Load every file that was not loaded yet and is not of a later day."""
        for file in self.files:
            if not file.is_loaded and file.day <= end:
                file.is_loaded = True
                self.bronze += [Known(row, max(file.day, start)) for row in file.rows]


def tables(bronze: Sequence[Known]) -> dict[str, Table]:
    """Every table, from all rows that were loaded."""
    by_key: dict[tuple[int, int], list[Known]] = defaultdict(list)
    for known in bronze:
        if known.row.n is not None:
            by_key[known.row.key, known.row.item].append(known)
    latest = [known for rows in by_key.values() for known in _latest(rows)]
    groups: dict[tuple[int, str | None], list[int]] = defaultdict(list)
    for row, _ in latest:
        groups[row.key, row.value].append(row.n or 0)
    return {
        "bronze.events": Counter((*row, day) for row, day in bronze),
        "quarantine.silver_latest": Counter(tuple(row) for row, _ in bronze if row.n is None),
        "silver.first": Counter(_first(rows) for rows in by_key.values()),
        "silver.latest": Counter((*row, day) for row, day in latest),
        "silver.history": Counter(row for rows in by_key.values() for row in _history(rows)),
        "gold.totals": Counter((*group, len(n), sum(n)) for group, n in groups.items()),
    }


def _content(row: Row) -> tuple[Any, ...]:
    """The row as a value that can be compared: NULL comes first."""
    return tuple((cell is not None, cell) if cell is not None else (False,) for cell in row)


def _first(rows: Iterable[Known]) -> tuple[Any, ...]:
    earliest = min(rows, key=lambda known: (known.day, _content(known.row)))
    return (*earliest.row, earliest.day)


def _latest(rows: Iterable[Known]) -> list[Known]:
    greatest = max(rows, key=lambda known: (known.row.at, known.day, _content(known.row)))
    return [] if greatest.row.op == "D" else [greatest]


def _history(rows: Sequence[Known]) -> Iterator[tuple[Any, ...]]:
    versions = sorted({known.row.at for known in rows})
    for version, following in zip(versions, [*versions[1:], None], strict=True):
        words = _words([known for known in rows if known.row.at == version])
        ends = [*(word.day for word in words[1:]), None]
        for (row, day), known_to in zip(words, ends, strict=True):
            valid_to = version if row.op == "D" else following
            is_current = known_to is None and following is None and row.op != "D"
            yield (*row, version, valid_to, day, known_to, is_current)


def _words(rows: Iterable[Known]) -> list[Known]:
    """The last word of each day about a version, without repeats of the word before."""
    by_day: dict[int, list[Row]] = defaultdict(list)
    for known in rows:
        by_day[known.day].append(known.row)
    words = [Known(max(by_day[day], key=_content), day) for day in sorted(by_day)]
    return [next(same) for _, same in groupby(words, key=lambda known: known.row)]
