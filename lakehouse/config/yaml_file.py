"""YAML with line numbers: the line of every key, for error messages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lakehouse.errors import DeclarationError

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A YAML file: its data, and the line of each key path (1-based)."""

    file: Path
    data: dict[str, Any]
    lines: dict[KeyPath, int] = field(repr=False)

    def line(self, *keys: str | int) -> int:
        """The line of the longest known prefix of the path ``keys``; 1 where none is known.

        An index 0 is ignored where a list of one item is written without brackets.
        """
        path = tuple(keys)
        while path:
            for written in (path, tuple(key for key in path if key != 0)):
                if written in self.lines:
                    return self.lines[written]
            path = path[:-1]
        return 1

    def where(self, *keys: str | int) -> str:
        """``file:line`` of the key path."""
        return f"{shown(self.file)}:{self.line(*keys)}"


def load(file: Path) -> Document:
    """Read one YAML mapping.

    Raises DeclarationError (file:line) for a file that cannot be read, text that is not YAML, a
    document that is not a mapping, and duplicate keys.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DeclarationError("no such file", where=shown(file)) from None
    except UnicodeDecodeError:
        message = "not valid YAML: not readable as UTF-8 text"
        raise DeclarationError(message, where=f"{shown(file)}:1") from None
    return document_of(text, file)


def document_of(text: str, file: Path) -> Document:
    """The YAML mapping ``text`` of ``file``. Raises DeclarationError (file:line)."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        reason = getattr(problem, "problem", None) or "not readable as UTF-8 text"
        raise DeclarationError(f"not valid YAML: {reason}", where=f"{shown(file)}:{line}") from None
    if node is None:
        return Document(file, {}, {})
    if not isinstance(node, yaml.MappingNode):
        raise DeclarationError("expected `key: value` lines", where=f"{shown(file)}:1")
    lines: dict[KeyPath, int] = {}
    _walk(node, (), lines, file)
    data = yaml.SafeLoader("").construct_document(node)
    return Document(file, data, lines)


def _walk(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int], file: Path) -> None:
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[(*path, index)] = item.start_mark.line + 1
            _walk(item, (*path, index), lines, file)
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        here = (*path, str(key.value))
        line = key.start_mark.line + 1
        if here in lines:
            raise DeclarationError(
                f"duplicate key '{key.value}' (first in line {lines[here]})",
                where=f"{shown(file)}:{line}",
            )
        lines[here] = line
        _walk(value, here, lines, file)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is closest to ``word``; None where none is close."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` where a known word is close; otherwise an empty text."""
    close = nearest(word, known)
    return f"; did you mean '{close}'?" if close else ""


def shown(file: Path) -> str:
    """The path relative to the working folder, for messages; as it is where it lies elsewhere."""
    try:
        return str(file.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(file)
