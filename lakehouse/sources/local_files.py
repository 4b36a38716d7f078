"""The files below a folder of this machine, without a Spark job."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


def walk(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """Path and state of each file below ``folder``, or of the one file that it is.

    Hidden files and folders ('_' or '.' in front) are left out. Links are followed, but no circle
    of them. A link that leads nowhere is a file too: somebody expects data there.
    """
    if Path(folder).is_file():
        yield _text(folder), Path(folder).stat()
        return
    yield from _below(folder, frozenset({os.path.realpath(folder)}))


def _below(folder: str, above: frozenset[str]) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(("_", ".")):
                continue
            if not _is_folder(entry):
                if (stat := _stat(entry)) is not None:
                    yield _text(entry.path), stat
            elif (real := os.path.realpath(entry.path)) not in above:
                yield from _below(entry.path, above | {real})


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # A link to itself.
        return False


def _stat(entry: os.DirEntry[str]) -> os.stat_result | None:
    """The state of the file or of a link that leads nowhere; None for a file that just went."""
    for follow in (True, False):
        with contextlib.suppress(OSError):
            return entry.stat(follow_symlinks=follow)
    return None


def _text(path: str) -> str:
    """The path as text that can be printed and stored, also where a name is not UTF-8."""
    return os.fsencode(path).decode("utf-8", "replace")
