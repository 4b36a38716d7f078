"""Names of columns and tables: valid identifiers, and the words that they consist of."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

from lakehouse.drafting.vocabulary import DEVICE, ID, NAME_PARTS, PERSON, THING

_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "œ": "oe", "ł": "l", "Ł": "L", "đ": "d"}
)
"""Letters that Unicode does not take apart."""
_FIRST = PERSON | DEVICE | THING | NAME_PARTS
_ENDINGS = ("nummer", "number", "name", "navn", "nr", "no", "id")
_HISTORY = ("valid_from", "valid_to", "known_from", "known_to", "is_current")


def is_column_name(name: str) -> bool:
    """Whether a declaration may use the name for a column as it is."""
    return _COLUMN.fullmatch(name) is not None


def snake_case(name: str) -> str:
    """``InvoiceNo`` and ``Invoice No`` as ``invoice_no``; letters without their accents.

    Empty where nothing is left; it may begin with a digit.
    """
    plain = unicodedata.normalize("NFKD", name.translate(_LETTERS)).encode("ascii", "ignore")
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", plain.decode())
    text = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", text)
    return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").lower()


def words(name: str) -> list[str]:
    """``customerID2`` as ``customer``, ``id``: the words in lower case, without digits.

    Compounds that are written as one word are two: ``kundennr``, ``productname``.
    """
    parts = [word for word in re.split(r"[_\d]+", snake_case(name)) if word]
    return [word for part in parts for word in _split_compound(part)]


def _split_compound(word: str) -> list[str]:
    for ending in _ENDINGS:
        first = word.removesuffix(ending)
        if first != word and first in _FIRST:
            return [first, ending]
    return [word]


def singular(word: str) -> str:
    """The English singular: ``categories`` as ``category``, ``orders`` as ``order``."""
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def silver_names(columns: Iterable[str]) -> dict[str, str]:
    """The name of each column in silver: snake_case, distinct, none that history adds itself."""
    taken: set[str] = set()
    names: dict[str, str] = {}
    for column in columns:
        name = snake_case(column) or column.lower()
        name = f"source_{name}" if name in _HISTORY else name
        number = 2
        base = name
        while name in taken:
            name, number = f"{base}_{number}", number + 1
        taken.add(name)
        names[column] = name
    return names


def name_words(name: str) -> frozenset[str]:
    """The words of a name, in the singular, and each two neighbours as one: ``first_name`` has
    ``first``, ``name`` and ``firstname``."""
    parts = words(name)
    pairs = [f"{a}{b}" for a, b in pairwise(parts)]
    return frozenset([*parts, *map(singular, parts), *pairs])


def has_id_name(name: str) -> bool:
    """Whether the name ends in a word such as ``id`` or ``number``."""
    return words(name)[-1:] != [] and words(name)[-1] in ID
