"""Rules that import contracts cannot express: only storage writes rows and builds sessions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

LIBRARY = Path(__file__).parents[2] / "lakehouse"
_WRITERS = {"write", "writeTo", "writeStream"}
_STATEMENT = re.compile(r"(MERGE|INSERT|UPDATE|DELETE|ALTER|CREATE|DROP|TRUNCATE|RESTORE)\s+[A-Z]+")


def writes(text: str) -> Iterator[int]:
    """Lines that write a frame, build a session, or contain a statement that writes."""
    tree = ast.parse(text)
    discarded = {id(node.func) for node in ast.walk(tree) if _is_discarded(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
            if node.value.attr in _WRITERS and id(node) not in discarded:
                yield node.lineno
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "SparkSession.builder":
            yield node.lineno
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if _STATEMENT.match(node.value):
                yield node.lineno


def _is_discarded(node: ast.AST) -> TypeGuard[ast.Call]:
    """Whether the call is ``….format("noop")``, which reads a frame and writes nothing."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    return node.func.attr == "format" and [ast.unparse(word) for word in node.args] == ["'noop'"]


@pytest.mark.parametrize(
    "code",
    [
        "frame.write.format('delta').save(path)",
        "frame.writeStream.start()",
        "SparkSession.builder.getOrCreate()",
        "spark.sql(f'DELETE FROM {table}')",
    ],
)
def test_a_write_is_seen(code: str) -> None:
    assert list(writes(code)) == [1]


def test_only_storage_writes_rows_and_builds_sessions() -> None:
    found = {
        f"{file.relative_to(LIBRARY)}:{line}"
        for file in LIBRARY.rglob("*.py")
        if file.relative_to(LIBRARY).parts[0] not in ("storage", "demo")
        for line in writes(file.read_text(encoding="utf-8"))
    }
    assert found == set()
