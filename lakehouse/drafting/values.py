"""Sampled values: text as a file has it, and what JSON and typed files add to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias


class Number(str):
    """The text of a value that is a number in its file, such as ``12.50`` in JSON."""


Value: TypeAlias = "str | bool | Sequence[Value] | Mapping[str, Value] | None"
"""A sampled value. None is NULL, also for an empty field; a plain ``str`` is text."""


def text_of(value: Value) -> str | None:
    """The value as the text that a cast reads; None for NULL and for nested values."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else None


def texts_in(value: Value) -> list[str]:
    """Every scalar inside the value as text, in order; none for NULL."""
    if isinstance(value, Mapping):
        return [text for part in value.values() for text in texts_in(part)]
    if value is None or isinstance(value, bool | str):
        text = text_of(value)
        return [] if text is None else [text]
    return [text for part in value for text in texts_in(part)]


def collect_scalars(name: str, value: Value, parts: dict[str, list[Value]]) -> None:
    """The scalar values below each field name."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            collect_scalars(key, part, parts)
    elif isinstance(value, str | bool) or value is None:
        parts.setdefault(name, []).append(value)
    else:
        for part in value:
            collect_scalars(name, part, parts)
