"""Read a suite's JSON with the line of each key, for error messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from lakehouse.config.yaml_file import Document, document_of, shown
from lakehouse.errors import DeclarationError

Json = Any  # whatever a JSON text may hold


def read(path: Path) -> Document:
    """The suite as a mapping, with the line of each key and item (1-based).

    Raises DeclarationError for a file that cannot be read, for text that is not a JSON object and
    for duplicate keys.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise DeclarationError("no readable suite", where=shown(path)) from None
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as problem:
        where, message = f"{shown(path)}:{problem.lineno}", f"not valid JSON: {problem.msg}"
        raise DeclarationError(message, where=where) from None
    if not isinstance(data, dict):
        raise DeclarationError("a suite is a JSON object", where=f"{shown(path)}:1")
    # JSON is YAML except for tabs between tokens; inside strings JSON has them escaped.
    lines = document_of(text.replace("\t", " "), path).lines
    return Document(path, data, lines)


def _refuse_constant(word: str) -> NoReturn:
    raise json.JSONDecodeError(f"'{word}' is not a JSON number", word, 0)
