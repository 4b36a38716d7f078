"""Whether the first record of a CSV file holds the names of its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lakehouse.drafting.scalar_types import scalar_type
from lakehouse.drafting.vocabulary import KNOWN_WORDS
from lakehouse.drafting.words_of_names import words

_DATA = re.compile(r"^[\s+\-.,:/\d]*\d[\s\d.,:/]*$|@|^\d|://")
_IDENTIFIER = re.compile(r"[A-Za-z]+[0-9]*([_.-][A-Za-z0-9]+)+|[a-z]+([A-Z][a-z0-9]*)+|[a-z]+\d*")


def has_header(records: Sequence[Sequence[str]]) -> bool:
    """Whether the first record names the columns.

    False where a cell can only be data (a number, a date, an address). Otherwise one of three signs
    is required: columns whose values are of another type than the cell, cells written as
    identifiers, or words that are common in column names. False in doubt: data that is taken for
    names would be printed.
    """
    first, *rest = [[cell.strip() for cell in record] for record in records]
    named = [cell for cell in first if cell]
    if not named or len(set(named)) * 2 <= len(named) - 1 or any(map(_DATA.search, named)):
        return False
    if any(len(cell) > 60 for cell in named):
        return False
    known = sum(bool(KNOWN_WORDS & set(words(cell))) for cell in named)
    if known * 2 >= len(named):
        return True
    if rest and any(_differs(first, rest, column) for column in range(len(first))):
        return True
    identifiers = sum(_IDENTIFIER.fullmatch(cell) is not None for cell in named)
    return (
        identifiers == len(named)
        and not any(first == record for record in rest)
        and (known > 0 or all(cell.islower() or "_" in cell for cell in named))
    )


def _differs(first: Sequence[str], rest: Sequence[Sequence[str]], column: int) -> bool:
    """Whether the values below a cell are all of a type that the cell is not of."""
    values = [record[column] for record in rest if column < len(record) and record[column]]
    return len(values) > 0 and bool(first[column]) and scalar_type(values) != "string"
