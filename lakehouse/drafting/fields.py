"""The columns that are declared for the fields of a source."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lakehouse.config.column import Column
from lakehouse.drafting.reading import Reading
from lakehouse.drafting.words_of_names import is_column_name, snake_case
from lakehouse.sources.field_names import fields_by_column

_KEY = re.compile(r"[A-Za-z_@$][A-Za-z0-9_@$.-]{0,63}")
_ADDRESS = re.compile(r"[^@]+@.+\..+")


def declare_fields(reading: Reading) -> dict[str, str]:
    """The field of each column, by the column's name; names differ not only in case.

    A JSON key that is not a valid name is left out: it may be data, ``{"ann@mail.example": 5}``.
    """
    columns: dict[str, str] = {}
    taken: set[str] = set()
    for position, field in enumerate(reading.fields, 1):
        if reading.matches_exactly and (not _KEY.fullmatch(field) or _ADDRESS.fullmatch(field)):
            continue
        name = field if is_column_name(field) else snake_case(field)
        if not is_column_name(name) or name.lower() in taken:
            name = f"{name}_{position}" if is_column_name(name) else f"field_{position}"
        if name.lower() not in taken:
            columns[name] = field
            taken.add(name.lower())
    return columns


def fields_to_declare(columns: Mapping[str, str], reading: Reading) -> dict[str, str]:
    """The columns that need ``field:``, since their own name does not find their field."""
    plain = {name: Column(type="string") for name in columns}
    found = fields_by_column(reading.fields, plain)
    if reading.matches_exactly:
        found = {name: name for name in columns}
    return {name: field for name, field in columns.items() if found.get(name) != field}
