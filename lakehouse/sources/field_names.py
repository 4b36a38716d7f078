"""Match the fields of a file with the declared columns."""

from __future__ import annotations

import re
from collections.abc import Iterable


def fields_by_column(fields: Iterable[str], columns: Iterable[str]) -> dict[str, str]:
    """The field of a file for each declared column; columns without one are left out.

    An exact match comes first; otherwise a field that differs only in case, blanks and punctuation
    (``Customer ID`` for ``customer_id``), if there is just one.
    """
    exact = set(fields)
    loose: dict[str, list[str]] = {}
    for field in fields:
        loose.setdefault(_key(field), []).append(field)
    by_column: dict[str, str] = {}
    for column in columns:
        near = loose.get(_key(column), [])
        if column in exact:
            by_column[column] = column
        elif len(near) == 1:
            by_column[column] = near[0]
    return by_column


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.strip().casefold()).strip("_")
