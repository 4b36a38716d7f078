"""Plant faults into the lines of landing files, and record where."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from lakehouse.demo.faults import KEYS, KINDS, Kind
from lakehouse.demo.feeds import Clock, Feed, Row
from lakehouse.demo.manifest import Fault

SHARE = 0.0001  # of a feed's rows, for each kind of fault
ROWS_PER_FAULT = 25  # at most one quarantined row in this many per day, so that gates pass


@dataclass
class Edits:
    """Changes to one file: replaced lines by position, and lines added at its end."""

    replaced: dict[int, str] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)
    header: list[str] | None = None

    def apply(self, lines: list[str]) -> list[str]:
        """The data lines of the file with the changes applied."""
        changed = [self.replaced.get(position, line) for position, line in enumerate(lines)]
        return changed + self.added


class Planter:
    """Plants faults into one feed, at most one per business key."""

    def __init__(self, rng: np.random.Generator, feed: Feed, clock: Clock) -> None:
        self._rng, self._feed = rng, feed
        self._files = list(feed.files(clock).items())
        self._starts = np.array([first for _, (first, _) in self._files])
        rows_per_day = Counter(feed.day.tolist())
        self._room = Counter({day: rows // ROWS_PER_FAULT for day, rows in rows_per_day.items()})
        self._used_keys: set[str | None] = set()
        self.edits: dict[str, Edits] = {}
        self.faults: list[Fault] = []

    def plant(self) -> None:
        """Plant faults of each kind: a share of the rows, and at least one if the feed has room."""
        for kind in (kind for kind in KINDS if kind.feed == self._feed.name):
            wanted = max(1, round(len(self._feed) * SHARE))
            for index in self._candidates(wanted):
                if wanted and self._try(kind, index):
                    wanted -= 1
        if self._feed.name == "order_lines":
            self._reorder_a_file()

    def _candidates(self, wanted: int) -> list[int]:
        size = min(len(self._feed), 40 * wanted + 400)
        chosen = self._rng.choice(len(self._feed), size, replace=False)
        return [int(index) for index in chosen]

    def _try(self, kind: Kind, index: int) -> bool:
        row, day = self._feed.row(index), int(self._feed.day[index])
        key = row[KEYS[kind.feed][0]]
        file = self._file_of(index)
        target = file if kind.place != "later file" else self._later(file, day)
        has_room = kind.outcome != "quarantined" or self._room[day] > 0
        if key in self._used_keys or target is None or not has_room or not _fits(kind, row):
            return False
        self._used_keys.add(key)
        self._room[day] -= kind.outcome == "quarantined"
        self._write(kind, row, index, target)
        return True

    def _write(self, kind: Kind, row: Row, index: int, target: int) -> None:
        path, (first, last) = self._files[target]
        changed = kind.change(row)
        line = self._feed.line(changed)
        text = line[: len(line) * 2 // 3] + "\n" if kind.cut else line
        edits = self.edits.setdefault(path, Edits())
        if kind.place == "in place":
            edits.replaced[index - first] = text
            number = index - first + 1
        else:
            edits.added.append(text)
            number = last - first + len(edits.added)
        keys = {} if kind.cut else {name: changed[name] for name in KEYS[kind.feed]}
        self._note(kind, path, number, keys)

    def _note(self, kind: Kind, path: str, line: int | None, keys: Row) -> None:
        source, rules = kind.feed, list(kind.rules)
        self.faults.append(
            Fault(kind.name, f"silver.{source}", source, path, line, keys, kind.outcome, rules,
                  kind.what)
        )  # fmt: skip

    def _file_of(self, index: int) -> int:
        return int(np.searchsorted(self._starts, index, side="right")) - 1

    def _later(self, file: int, day: int) -> int | None:
        later = (n for n in range(file + 1, len(self._files)) if self._day(n) > day)
        return next(later, None)

    def _day(self, file: int) -> int:
        return int(self._feed.day[self._starts[file]])

    def _reorder_a_file(self) -> None:
        """Write one file with its columns in another order."""
        if len(self._files) < 3:
            return
        path, _ = self._files[len(self._files) * 2 // 3]
        self.edits.setdefault(path, Edits()).header = list(reversed(self._feed.columns))
        kind = Kind("column_order", self._feed.name, "the columns of the file are in another order",
                    dict, outcome="written")  # fmt: skip
        self._note(kind, path, None, {})


def _fits(kind: Kind, row: Row) -> bool:
    """Whether the kind suits the row: no deletions, and of orders only later versions, so that an
    order is never lost."""
    if row.get("op") == "D":
        return False
    needs_earlier = kind.feed == "orders" and kind.outcome in ("quarantined", "written")
    return not needs_earlier or row["op"] == "U"


def reorder(lines: list[str], columns: list[str], header: list[str]) -> list[str]:
    """Reorder the values of CSV lines by another header."""
    places = [columns.index(name) for name in header]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for values in csv.reader(lines):
        writer.writerow([values[place] for place in places])
    return text.getvalue().splitlines(keepends=True)
