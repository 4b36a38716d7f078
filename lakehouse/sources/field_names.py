"""The names by which files may call a declared column."""

from __future__ import annotations

import re
from collections.abc import Iterable


def fields_by_column(fields: Iterable[str], columns: Iterable[str]) -> dict[str, str]:
    """Which field of a file stands for which declared column.

    The same name comes first; then the only one that differs in case, blanks and punctuation
    alone (``Customer ID`` for ``customer_id``).
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
