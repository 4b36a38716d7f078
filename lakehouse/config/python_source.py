"""The fingerprint of a Python transformation, with the pipeline modules that it imports."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

from lakehouse.config.yaml_file import shown
from lakehouse.errors import DeclarationError

_DOCUMENTED = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def parse_python(path: Path) -> ast.Module:
    """The file's tree; nothing is imported or run. Raises DeclarationError (file:line)."""
    try:
        return ast.parse(path.read_bytes(), filename=str(path))
    except SyntaxError as problem:
        raise DeclarationError(
            f"not readable as Python: {problem.msg}", where=f"{shown(path)}:{problem.lineno or 1}"
        ) from None
    except ValueError:
        raise DeclarationError("not readable as Python", where=f"{shown(path)}:1") from None


def logic_of_python(path: Path, root: Path) -> str:
    """A hash of the tree without comments and docstrings, 64 hexadecimal digits.

    Includes the files below ``root`` that it imports, directly or through others: relative imports,
    and absolute ones of a file or package in the same folder or in ``root``. Dynamic imports
    (``importlib``) are not followed. Raises DeclarationError (file:line) for a file that cannot be
    parsed.
    """
    trees: dict[Path, ast.Module] = {}
    waiting = [path.resolve()]
    while waiting:
        file = waiting.pop()
        if file not in trees:
            trees[file] = parse_python(file)
            waiting += _find_imports(trees[file], file, root.resolve())
    others = sorted(file for file in trees if file != path.resolve())
    parts = [("", trees[path.resolve()])]
    parts += [(file.relative_to(root.resolve()).as_posix(), trees[file]) for file in others]
    texts = [f"{name}\0{_plain(tree)}" for name, tree in parts]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def _find_imports(tree: ast.Module, file: Path, root: Path) -> Iterator[Path]:
    """The files below ``root`` that ``tree`` imports; packages by their ``__init__.py``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files((file.parent, root), alias.name.split("."), root)
        elif isinstance(node, ast.ImportFrom):
            module = node.module.split(".") if node.module else []
            above = file.parents[node.level - 1 : node.level] if node.level else ()
            folders = tuple(above) if node.level else (file.parent, root)
            yield from _files(folders, module, root)
            for alias in node.names:
                yield from _files(folders, [*module, alias.name], root)


def _files(folders: tuple[Path, ...], parts: list[str], root: Path) -> Iterator[Path]:
    for folder in folders:
        for length in range(1, len(parts) + 1):
            place = folder.joinpath(*parts[:length])
            for file in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
                if file.is_file() and file.resolve().is_relative_to(root):
                    yield file.resolve()


def _plain(node: object) -> str:
    """A tree as text, without empty fields and positions: the same in every version of Python."""
    if isinstance(node, ast.AST):
        fields = [(name, value) for name, value in ast.iter_fields(node) if name != "type_comment"]
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            fields = [(n, value[1:] if n == "body" else value) for n, value in fields]
        texts = [f"{n}={_plain(value)}" for n, value in fields if value not in (None, [])]
        return f"{type(node).__name__}({', '.join(texts)})"
    if isinstance(node, list):
        return f"[{', '.join(map(_plain, node))}]"
    return repr(node)
