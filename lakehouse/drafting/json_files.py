"""JSON: one object a line, or with ``multiLine`` an object or an array a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lakehouse.drafting.encodings import Text
from lakehouse.drafting.reading import MAX_ROWS, NotUnderstood, Option, Reading
from lakehouse.drafting.values import Number, Value

_NO_OBJECT = NotUnderstood("JSON whose values are not objects")


def looks_like_json(text: Text) -> bool:
    """Whether the text begins as an object or an array of objects does."""
    start = text.text.lstrip()[:200]
    return start.startswith("{") or (start.startswith("[") and start[1:].lstrip()[:1] in ("{", "]"))


def read_json(text: Text) -> Reading | NotUnderstood:
    """The objects of a file, with their fields in the order in which they first occur."""
    lines = [line for line in text.text.split("\n") if line.strip()][:MAX_ROWS]
    objects: list[Any] = [value for value in map(_parse, lines) if isinstance(value, dict)]
    options: dict[str, Option] = {"encoding": text.encoding} if text.encoding else {}
    if len(objects) * 2 <= len(lines):
        objects = list(_documents(text.text))
        options = {"multiLine": True, **options}
    if not objects or not all(isinstance(value, dict) for value in objects):
        return _NO_OBJECT
    fields = tuple(dict.fromkeys(name for value in objects for name in value))
    if not fields:
        return _NO_OBJECT
    rows = tuple(tuple(value.get(name) for name in fields) for value in objects)
    return Reading(
        "json", options, fields, rows, matches_exactly=True, is_ascii=text.text.isascii()
    )


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=lambda _: None)


def _parse(line: str) -> Value:
    try:
        value: Value = _decoder().decode(line.strip())
    except (ValueError, RecursionError):
        return None
    return value


def _documents(text: str) -> Iterator[Value]:
    """The file's object, or the elements of its array; those before a cut or a mistake."""
    start = text.lstrip("\ufeff \t\r\n")
    if not start.startswith("["):
        value = _parse(start)
        if isinstance(value, Mapping):
            yield value
        return
    decoder, position = _decoder(), 1
    for _ in range(MAX_ROWS):
        while position < len(start) and start[position] in " \t\r\n,":
            position += 1
        try:
            value, position = decoder.raw_decode(start, position)
        except (ValueError, RecursionError):
            return
        yield value
