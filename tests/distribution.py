"""Packages as an installer leaves them, without an installer: modules, metadata, entry points."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from shop import written

from lakehouse.config.plugins import forget_plugins

EntryPoints = Mapping[str, Mapping[str, str]]


def distribution(
    folder: Path,
    entry_points: EntryPoints,
    modules: Mapping[str, str],
    *,
    name: str = "acme-lakehouse",
    version: str = "1.0",
) -> None:
    """One package below ``folder``: its modules by path, its entry points by group."""
    for path, text in modules.items():
        written(folder / path, text)
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    written(info / "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = []
    for group, points in entry_points.items():
        lines += [f"[{group}]", *(f"{word} = {place}" for word, place in points.items())]
    written(info / "entry_points.txt", "\n".join(lines) + "\n")


@contextmanager
def installed(folder: Path) -> Iterator[None]:
    """The packages below ``folder`` are there inside, and gone with their modules afterwards."""
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        forget_plugins()
        yield
    forget_plugins()
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder)):
            del sys.modules[name]
