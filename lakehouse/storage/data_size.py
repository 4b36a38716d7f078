"""Whether a run has little data, so that the JVM is better started with options for short work.

Of a day on a few megabytes, half of the processor time was the optimizing compiler (C2), which
compiles code that then runs for seconds. Without it, and with the serial collector, such runs need
half the processor time and less memory; runs on millions of rows take twice as long.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from lakehouse.config.places import local_path

LITTLE_BYTES = 128 * 2**20
"""The most bytes of files and tables together for which C1 alone compiles fast enough code."""
_MOST_FILES = 20_000  # listing more would itself take time


def is_little(places: Iterable[str]) -> bool:
    """Whether these folders are on a local disk and hold little; one that is absent holds nothing.

    Files that are hidden from readers count too, such as those of a log.
    """
    total = 0
    for number, size in enumerate(_sizes(places)):
        if size is None or number >= _MOST_FILES:
            return False
        total += size
        if total > LITTLE_BYTES:
            return False
    return True


def _sizes(places: Iterable[str]) -> Iterator[int | None]:
    """The size of each file; None for a place that is not on a local disk."""
    for place in places:
        folder = local_path(place)
        yield 0 if folder is not None else None
        if folder is not None:
            yield from _sizes_below(folder)


def _sizes_below(folder: Path) -> Iterator[int]:
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # removed meanwhile, or a broken link
                yield Path(parent, name).stat().st_size
