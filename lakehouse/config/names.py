"""The validated strings of declarations: table and column names, durations, time zones."""

from __future__ import annotations

import re
import zoneinfo
from typing import Annotated

from pydantic import AfterValidator

_TABLE_NAME = re.compile(r"(bronze|silver|gold)\.[a-z][a-z0-9_]*")
REPLACED = "__replaced"
"""The suffix of the name under which a table's replaced rows are registered."""
_COLUMN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
DELETED = "__deleted"
"""The suffix of the table that remembers the deletions of a table."""
_DAYS = re.compile(r"(\d+) days?")


def _table_name(name: str) -> str:
    if not _TABLE_NAME.fullmatch(name):
        raise ValueError(
            f"invalid table name '{name}'; write SCHEMA.NAME in lower case, "
            "SCHEMA one of bronze, silver, gold"
        )
    for suffix in (REPLACED, DELETED):
        if name.endswith(suffix):
            raise ValueError(f"'{name}': a name that ends in {suffix} is the library's")
    return name


def _column_name(name: str) -> str:
    if not _COLUMN_NAME.fullmatch(name):
        raise ValueError(
            f"invalid column name '{name}'; letters, digits and '_', a letter first "
            "(a leading '_' is the library's)"
        )
    return name


def _days(text: str) -> str:
    if not _DAYS.fullmatch(text):
        raise ValueError(f"invalid duration '{text}'; write it as '28 days'")
    return text


def _zone(name: str) -> str:
    if name not in zoneinfo.available_timezones():
        raise ValueError(f"invalid time zone '{name}'; write it as 'Europe/Copenhagen'")
    return name


TableName = Annotated[str, AfterValidator(_table_name)]
ColumnName = Annotated[str, AfterValidator(_column_name)]
Days = Annotated[str, AfterValidator(_days)]
Zone = Annotated[str, AfterValidator(_zone)]


def days(text: str) -> int:
    """``'28 days'`` as 28."""
    match = _DAYS.fullmatch(text)
    return int(match.group(1)) if match else 0
