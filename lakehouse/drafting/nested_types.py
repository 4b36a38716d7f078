"""The type of nested JSON values: a struct, an array, or string where types have none in common."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lakehouse.drafting.scalar_types import json_type
from lakehouse.drafting.values import Value

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_DEPTH = 8
_FIELDS = 60


def nested_type(values: Sequence[Value], depth: int = 0) -> str:
    """The type of all values of a field.

    An object whose keys are not names, or are too many, is read as JSON text: they may be data.
    """
    given = [value for value in values if value is not None]
    objects = [value for value in given if isinstance(value, Mapping)]
    lists = [value for value in given if not isinstance(value, str | bool | Mapping)]
    if not objects and not lists:
        return json_type(given)
    if depth >= _DEPTH or (objects and lists) or len(objects) + len(lists) < len(given):
        return "string"
    if lists:
        return f"array<{nested_type([part for value in lists for part in value], depth + 1)}>"
    names = list(dict.fromkeys(name for value in objects for name in value))
    parts = {name: nested_type([value.get(name) for value in objects], depth + 1) for name in names}
    return struct_type(parts) or "string"


def struct_type(parts: Mapping[str, str]) -> str | None:
    """The struct of these fields; None without fields, or for keys that may be data."""
    if not 0 < len(parts) <= _FIELDS or not all(map(_NAME.fullmatch, parts)):
        return None
    if len({name.lower() for name in parts}) < len(parts):
        return None
    return f"struct<{','.join(f'{name}:{kind}' for name, kind in parts.items())}>"
