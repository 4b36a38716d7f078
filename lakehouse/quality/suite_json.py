"""A suite's JSON with the line of each expectation, so that every error can say where."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NoReturn

from lakehouse.config.yaml_file import shown
from lakehouse.errors import DeclarationError

Json = Any  # whatever a JSON text may hold

_EXPECTATIONS = re.compile(r'(?<!\\)"expectations"\s*:\s*\[')
_NEXT_ITEM = re.compile(r"[\s,]*(?=[^\s,\]])")


class _TwinError(ValueError):
    """A key that stands twice in one object."""


def read(path: Path) -> tuple[dict[str, Json], list[int]]:
    """The suite as a mapping, and the line of each of its expectations (1-based).

    Raises DeclarationError for a file that cannot be read, for text that is no JSON object and
    for a key that stands twice in one object.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise DeclarationError("there is no readable suite here", where=shown(path)) from None
    data = _object(text, path)
    return data, _lines(text)


def _object(text: str, path: Path) -> dict[str, Json]:
    try:
        data = json.loads(text, object_pairs_hook=_no_twins, parse_constant=_no_constant)
    except json.JSONDecodeError as problem:
        where, message = f"{shown(path)}:{problem.lineno}", f"not valid JSON: {problem.msg}"
        raise DeclarationError(message, where=where) from None
    except _TwinError as problem:
        message = f"the key '{problem}' stands twice in one object"
        raise DeclarationError(
            message, where=f"{shown(path)}:{(_lines(text) or [1])[-1]}"
        ) from None
    if not isinstance(data, dict):
        raise DeclarationError("a suite is a JSON object", where=f"{shown(path)}:1")
    return data


def _no_twins(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, value in pairs:
        if key in found:
            raise _TwinError(key)
        found[key] = value
    return found


def _no_constant(word: str) -> NoReturn:
    raise json.JSONDecodeError(f"'{word}' is no JSON number", word, 0)


def _lines(text: str) -> list[int]:
    """The line of each expectation, up to the first one that holds a twin."""
    # Quotes inside a JSON text are escaped, so the pattern finds the key and no text.
    start = _EXPECTATIONS.search(text)
    at, lines = (start.end() if start else len(text)), []
    decoder = json.JSONDecoder(object_pairs_hook=_no_twins)
    while begin := _NEXT_ITEM.match(text, at):
        lines.append(1 + text.count("\n", 0, begin.end()))
        try:
            _, at = decoder.raw_decode(text, begin.end())
        except _TwinError:
            break
    return lines
