"""Walk a local folder without a Spark job."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


def walk(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """The path and stat of each file below ``folder``, or of ``folder`` itself if it is a file.

    Skips hidden files and folders (names that begin with '_' or '.'). Follows links, but not in
    cycles. A broken link is returned as a file, so that it is reported as unreadable.
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
    """The stat of a file or of a broken link; None for a file that was deleted meanwhile."""
    try:
        return entry.stat()
    except OSError:
        with contextlib.suppress(OSError):
            return entry.stat(follow_symlinks=False)
    return None


def _text(path: str) -> str:
    """The path as text that can be printed and stored, even where a name is not valid UTF-8."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "replace")
