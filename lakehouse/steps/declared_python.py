"""Check that declared Python files define the required functions, without importing them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lakehouse.config.declarations import ComputedTable
from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.python_source import parse_python
from lakehouse.config.yaml_file import Document, did_you_mean, shown
from lakehouse.errors import DeclarationError, Mistakes
from lakehouse.ml.candidate_sets import CANDIDATES


def check_transform(table: ComputedTable) -> None:
    """Raise DeclarationError unless the Python file can be parsed and defines ``transform``."""
    if (
        "transform" not in (names := _top_names(parse_python(table.transformation)))
        and "*" not in names
    ):
        raise DeclarationError(
            "no function transform(inputs, *, date)", where=f"{shown(table.transformation)}:1"
        )


def _top_names(tree: ast.Module) -> set[str]:
    """The names that a module may define at the top level, also within ``if`` or ``try``."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def candidates_errors(model: ModelDecl, document: Document) -> Iterator[DeclarationError]:
    """Check ``candidates:``, which is an installed set, a module or a file beside ``model.yml``.

    A module is imported by ``train`` only.
    """
    if model.candidates in CANDIDATES:
        return
    place, _, name = model.candidates.partition(":")
    where, mistakes = document.where("candidates"), Mistakes()
    if not place or not name:
        yield DeclarationError(
            f"invalid candidates '{model.candidates}'{did_you_mean(model.candidates, CANDIDATES)}",
            where=where,
            hint=f"write {', '.join(CANDIDATES)}, package.module:function, or "
            "candidates.py:function for a file beside model.yml",
        )
    elif place.endswith(".py"):
        path = model.file.parent / place
        if not path.is_file():
            yield DeclarationError(f"candidates: no file {place} beside model.yml", where=where)
            return
        with mistakes:
            names = _top_names(parse_python(path))
            if name not in names and "*" not in names:
                near = did_you_mean(name, names)
                message = f"candidates: no function '{name}' in {place}{near}"
                mistakes.append(DeclarationError(message, where=where))
    yield from mistakes
