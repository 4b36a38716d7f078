"""Walk a local folder without a Spark job."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

File: TypeAlias = tuple[str, int, int]
"""Path, length in bytes, and modification time in microseconds since 1970: whole milliseconds, as
Spark's listing has them."""


def walk(folder: str) -> Iterator[File]:
    """Each file below ``folder``, or ``folder`` itself if it is a file.

    Skips hidden files and folders (names that begin with '_' or '.'). Follows links, but not in
    cycles. A broken link is returned as a file, so that it is reported as unreadable.
    """
    if Path(folder).is_file():
        yield _file(folder, Path(folder).stat())
        return
    yield from _below(folder, frozenset({os.path.realpath(folder)}))


def _below(folder: str, above: frozenset[str]) -> Iterator[File]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(("_", ".")):
                continue
            try:
                stat = None if entry.is_dir() else entry.stat()
            except OSError:  # A broken link, a link to itself, or deleted meanwhile.
                if (link := _stat_link(entry)) is not None:
                    yield _file(entry.path, link)
                continue
            if stat is not None:
                yield _file(entry.path, stat)
            elif (real := os.path.realpath(entry.path)) not in above:
                yield from _below(entry.path, above | {real})


def _stat_link(entry: os.DirEntry[str]) -> os.stat_result | None:
    with contextlib.suppress(OSError):
        return entry.stat(follow_symlinks=False)
    return None


def _file(path: str, stat: os.stat_result) -> File:
    return _text(path), stat.st_size, stat.st_mtime_ns // 1_000_000 * 1000


def _text(path: str) -> str:
    """The path as text that can be printed and stored, even where a name is not valid UTF-8."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "replace")
