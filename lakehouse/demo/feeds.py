"""A feed: the rows of a source as text columns, written as lines of landing files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Row = dict[str, str | None]
Form = Literal["json", "csv"]
DAY = 86_400
PART_ROWS = 25_000


@dataclass(frozen=True)
class Clock:
    """The calendar of the data; days and seconds count from midnight of the first day."""

    start: date
    days: int

    def day(self, index: int) -> date:
        """The calendar day of a day number."""
        return self.start + timedelta(days=index)

    def texts(self, seconds: Ints) -> pa.Array:
        """Seconds as ``2026-03-01T10:15:00Z``."""
        moments = pa.array(seconds + self._epoch()).cast(pa.timestamp("s")).cast(pa.string())
        return pc.binary_join_element_wise(pc.replace_substring(moments, " ", "T"), "Z", "")

    def dates(self, days: Ints) -> pa.Array:
        """Day numbers as ``2026-03-01``."""
        numbers = (days + self._epoch() // DAY).astype(np.int32)
        return pa.array(numbers).cast(pa.date32()).cast(pa.string())

    def _epoch(self) -> int:
        return (self.start - date(1970, 1, 1)).days * DAY


@dataclass(frozen=True)
class Feed:
    """Rows of one source, sorted by file. ``columns`` in the order of the file, NULL as none.

    ``day`` is the day of each row's file; a row with ``late_from`` >= 0 is in a separate file of
    that day, which is named after the day on which the row was missing.
    """

    name: str
    form: Form
    columns: dict[str, pa.Array]
    day: Ints
    late_from: Ints | None = None
    one_file_a_day: bool = False

    def __len__(self) -> int:
        return len(self.day)

    def row(self, index: int) -> Row:
        """One row as raw text by column."""
        return {name: values[index].as_py() for name, values in self.columns.items()}

    def lines(self, first: int, last: int) -> pa.Array:
        """The rows from ``first`` up to ``last`` (exclusive), such as those of one file, as lines
        with their ends. An array holds at most 2 GB of text."""
        parts: list[Any] = []
        for position, (name, values) in enumerate(self.columns.items()):
            parts += self._piece(position, name, values.slice(first, last - first))
        return pc.binary_join_element_wise(*parts, "}\n" if self.form == "json" else "\n", "")

    def _piece(self, position: int, name: str, values: pa.Array) -> list[Any]:
        if self.form == "csv":
            return [*([","] if position else []), pc.fill_null(values, "")]
        quoted = pc.fill_null(pc.binary_join_element_wise('"', values, '"', ""), "null")
        return [f'{", " if position else "{"}"{name}": ', quoted]

    def line(self, row: Mapping[str, str | None]) -> str:
        """A changed row as a line of the same format."""
        if self.form == "json":
            return json.dumps(dict(row), ensure_ascii=False) + "\n"
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(
            ["" if value is None else value for value in row.values()]
        )
        return text.getvalue()

    @property
    def header(self) -> str:
        """The first line of each file, empty for JSON lines."""
        return ",".join(self.columns) + "\n" if self.form == "csv" else ""

    def files(self, clock: Clock) -> dict[str, tuple[int, int]]:
        """The path of each file below the landing folder, with its row range (end exclusive)."""
        late = self.late_from if self.late_from is not None else np.full(len(self), -1)
        starts = np.flatnonzero(np.diff(self.day, prepend=-1) | np.diff(late, prepend=-2))
        ranges: dict[str, tuple[int, int]] = {}
        for first, last in zip(starts, [*starts[1:], len(self)], strict=True):
            day = clock.day(int(self.day[first]))
            if late[first] >= 0:
                missed = clock.day(int(late[first]))
                ranges[f"{self.name}/{day}/late-{missed}.jsonl"] = (int(first), int(last))
                continue
            ranges |= self._parts(day, int(first), int(last))
        return ranges

    def _parts(self, day: date, first: int, last: int) -> dict[str, tuple[int, int]]:
        if self.one_file_a_day:
            return {f"{self.name}/{day}.{self.form}": (first, last)}
        return {
            f"{self.name}/{day}/part-{part}.jsonl": (at, min(at + PART_ROWS, last))
            for part, at in enumerate(range(first, last, PART_ROWS))
        }


def codes(prefix: str, numbers: Ints, width: int) -> pa.Array:
    """Numbers as codes of a fixed width, such as ``C000042``."""
    padded = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, padded, "")


def words(choices: tuple[str, ...] | list[str], picked: Ints) -> pa.Array:
    """The picked entries of a word list."""
    return pa.array(list(choices), pa.string()).take(pa.array(picked))


def money(cents: Ints) -> pa.Array:
    """Cents as exact decimal text, such as ``12.05``."""
    whole = pa.array(cents // 100).cast(pa.string())
    rest = pc.utf8_lpad(pa.array(cents % 100).cast(pa.string()), 2, "0")
    return pc.binary_join_element_wise(whole, rest, ".")


def blank_where(values: pa.Array, missing: NDArray[np.bool_]) -> pa.Array:
    """The values with NULL where they are missing."""
    return pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), values)
