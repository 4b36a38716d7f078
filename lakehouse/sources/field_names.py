"""Match the fields of a file with the declared columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lakehouse.config.column import Column


def fields_by_column(fields: Iterable[str], columns: Mapping[str, Column]) -> dict[str, str]:
    """The field of a file for each declared column; columns without one are left out.

    A column is read from the field that it declares (``field:``), by default that of its own name.
    An exact match comes first; otherwise a field that differs only in case, blanks and punctuation
    (``Customer ID`` for ``customer_id``), if there is just one.
    """
    exact = set(fields)
    loose: dict[str, list[str]] = {}
    for field in fields:
        loose.setdefault(_key(field), []).append(field)
    by_column: dict[str, str] = {}
    for column, field in declared_fields(columns).items():
        near = loose.get(_key(field), [])
        if field in exact:
            by_column[column] = field
        elif len(near) == 1:
            by_column[column] = near[0]
    return by_column


def declared_fields(columns: Mapping[str, Column]) -> dict[str, str]:
    """The field that each column declares, by default its own name."""
    return {name: column.field or name for name, column in columns.items()}


def fields_in_order(columns: Mapping[str, Column]) -> tuple[str, ...]:
    """The fields of a file without names, in declared order. Several columns may read one."""
    return tuple(dict.fromkeys(declared_fields(columns).values()))


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.strip().casefold()).strip("_")
