"""Propose the write mode, the keys and the sequence of a silver table from the sampled rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from lakehouse.drafting.profiles import Profile
from lakehouse.drafting.vocabulary import CHANGE_TIME
from lakehouse.drafting.words_of_names import has_id_name, name_words, singular, words

_ENOUGH = 10  # rows from which on uniqueness says something about a pair of columns


@dataclass(frozen=True)
class WriteProposal:
    """``write``, ``keys`` and ``sequence_by`` by the names of bronze columns, and why."""

    write: str
    keys: tuple[str, ...]
    sequence_by: str | None
    reason: str


def propose_write(table: str, columns: Sequence[Profile], usable: Sequence[str]) -> WriteProposal:
    """The write mode and keys. ``usable`` are the columns that can identify a row in silver.

    Exact repeats do not count against a key, since ``append`` with keys drops them.
    """
    by_name = {column.name: column for column in columns}
    rows = list(dict.fromkeys(zip(*(map(repr, column.values) for column in columns), strict=True)))
    places = {column.name: place for place, column in enumerate(columns)}
    ids = [name for name in usable if has_id_name(name) and not by_name[name].nulls]
    first = [name for name in ids if _names_the_table(name, table)]

    def is_unique(*names: str) -> bool:
        values = {tuple(row[places[name]] for name in names) for row in rows}
        return len(values) == len(rows) > 1

    for name in first:
        if is_unique(name):
            return _append((name,), len(rows))
    for name in first or ids[:1]:
        for sequence in _sequences(columns, usable):
            if is_unique(name, sequence):
                reason = f"{name} repeats with other content, and {sequence} orders its versions"
                return WriteProposal("scd2", (name,), sequence, reason)
    if len(rows) >= _ENOUGH:
        for name in ids:
            if is_unique(name):
                return _append((name,), len(rows))
        for pair in combinations(ids, 2):
            if is_unique(*pair):
                return _append(pair, len(rows))
    why = "no column that may be used identifies a row"
    if first:
        why = f"{first[0]} repeats with other content, and no column orders its versions"
    return WriteProposal("append", (), None, why)


def _append(keys: tuple[str, ...], rows: int) -> WriteProposal:
    return WriteProposal("append", keys, None, f"unique in {rows:,} sampled rows")


def _names_the_table(name: str, table: str) -> bool:
    """``id``, or the table's own name before it: ``order_id`` of ``orders``."""
    parts = [singular(word) for word in words(name)[:-1]]
    own = [singular(word) for word in words(table)]
    return not parts or parts == own or parts == own[-1:]


def _sequences(columns: Sequence[Profile], usable: Sequence[str]) -> list[str]:
    """Columns without NULL that say when, or in which order, a row changed."""
    return [
        column.name
        for column in columns
        if column.name in usable
        and not column.nulls
        and (column.is_day or column.base == "bigint")
        and name_words(column.name) & CHANGE_TIME
    ]
