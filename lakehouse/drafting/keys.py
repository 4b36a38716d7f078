"""Propose the write mode, the keys and the sequence of a silver table from the sampled rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from lakehouse.drafting.profiles import Profile
from lakehouse.drafting.vocabulary import CHANGE_TIME
from lakehouse.drafting.words_of_names import has_id_name, name_words, singular, words

_ENOUGH = 10  # rows from which on uniqueness says something about a column of any table
_MAX_NULLS = 0.02
Key = tuple[str, ...]


@dataclass(frozen=True)
class WriteProposal:
    """``write``, ``keys`` and ``sequence_by`` by the names of bronze columns, and why."""

    write: str
    keys: tuple[str, ...]
    sequence_by: str | None
    reason: str


def propose_write(
    table: str, columns: Sequence[Profile], usable: Sequence[str], files: Sequence[int]
) -> WriteProposal:
    """The write mode and keys. ``usable`` are the columns that can identify a row in silver,
    ``files`` the number of each row's file.

    Exact repeats do not count against a key, since ``append`` with keys drops them.
    """
    rows = _Rows(columns, files)
    ids = [name for name in usable if has_id_name(name) and rows.has_few_nulls(name)]
    named = [name for name in ids if _names_the_table(name, table)]
    sequences = [name for name in _sequences(columns, usable) if rows.has_few_nulls(name)]
    many = rows.count >= _ENOUGH
    pairs: list[Key] = list(combinations(ids, 2)) if many else []
    for key in _singles(named):
        if rows.are_unique(*key):
            return _append(key, rows.count)
        if found := _history(key, sequences, rows):
            return found
    for key in [*_singles(ids if many else []), *pairs]:
        if rows.are_unique(*key):
            return _append(key, rows.count)
    for key in pairs:
        if found := _history(key, sequences, rows):
            return found
    why = "no column that may be used identifies a row"
    if rows.count < 2:
        return WriteProposal("append", (), None, "too few rows to tell a key")
    if named:
        why = f"{_repeats((named[0],))}, and no column orders its versions"
        if rows.are_unique_in_files(named[0]):
            why += "; if each file is a whole dump, use snapshot: true with write: scd2"
    return WriteProposal("append", (), None, why)


def _singles(names: Sequence[str]) -> list[Key]:
    return [(name,) for name in names]


class _Rows:
    """The distinct rows of the sample, by column."""

    def __init__(self, columns: Sequence[Profile], files: Sequence[int]) -> None:
        texts = [[None if v is None else repr(v) for v in column.values] for column in columns]
        self._rows = list(dict.fromkeys(zip(*texts, strict=True)))
        self._places = {column.name: place for place, column in enumerate(columns)}
        self.count = len(self._rows)
        self._with_file = list(dict.fromkeys(zip(files, *texts, strict=True)))

    def has_few_nulls(self, name: str) -> bool:
        """Whether at most a few rows have no value, which a rule may quarantine."""
        nulls = sum(row[self._places[name]] is None for row in self._rows)
        return nulls <= _MAX_NULLS * self.count

    def are_unique(self, *names: str) -> bool:
        """Whether no two rows have the same values; rows with NULL aside."""
        keys = [tuple(row[self._places[name]] for name in names) for row in self._rows]
        given = [key for key in keys if None not in key]
        return len(set(given)) == len(given) > 1

    def are_unique_in_files(self, name: str) -> bool:
        """Whether no file has a value twice."""
        keys = [(row[0], row[self._places[name] + 1]) for row in self._with_file]
        return len(set(keys)) == len(keys)


def _history(key: tuple[str, ...], sequences: Sequence[str], rows: _Rows) -> WriteProposal | None:
    """A history by the first sequence in which no version of a key occurs twice."""
    for sequence in sequences:
        if rows.are_unique(*key, sequence):
            reason = f"{_repeats(key)}, and {sequence} orders its versions"
            return WriteProposal("scd2", key, sequence, reason)
    return None


def _repeats(key: Key) -> str:
    """``order_id and line_no repeat with other content``."""
    verb = "repeats" if len(key) == 1 else "repeat"
    return f"{' and '.join(key)} {verb} with other content"


def _append(keys: tuple[str, ...], rows: int) -> WriteProposal:
    return WriteProposal("append", keys, None, f"unique in {rows:,} sampled rows")


def _names_the_table(name: str, table: str) -> bool:
    """``id``, or the table's own name before it: ``order_id`` of ``orders``."""
    parts = [singular(word) for word in words(name)[:-1]]
    own = [singular(word) for word in words(table)]
    return not parts or parts == own or parts == own[-1:]


def _sequences(columns: Sequence[Profile], usable: Sequence[str]) -> list[str]:
    """Columns that say when, or in which order, a row changed."""
    return [
        column.name
        for column in columns
        if column.name in usable
        and (column.is_day or column.base == "bigint")
        and name_words(column.name) & CHANGE_TIME
    ]
