"""The files of a folder, and bounded samples of their content."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lakehouse.drafting.path_templates import Template, template_of, without_suffix
from lakehouse.sources.compression import SUFFIXES, unpack
from lakehouse.sources.local_files import walk

BYTES = 1024 * 1024
"""How much of a file is looked at."""
_PACKED = 128 * 1024  # the same for a compressed file
FILES = 12
"""How many files of one name pattern are read."""
T = TypeVar("T")


@dataclass(frozen=True, order=True)
class FoundFile:
    """A file below the folder. ``modified`` is the day of its modification time, in UTC."""

    key: str
    path: Path
    length: int
    modified: datetime.date

    @property
    def template(self) -> Template:
        """Its name pattern."""
        return template_of(self.key)

    @property
    def ending(self) -> str:
        """``csv`` of ``orders.CSV.gz``; empty without one."""
        name = without_suffix(self.path.name.lower())
        return name.rpartition(".")[2] if "." in name else ""


@dataclass(frozen=True)
class Beginning:
    """The first bytes of a file, unzipped. ``is_whole`` says that nothing follows them."""

    content: bytes
    is_whole: bool


def find_files(folder: Path) -> list[FoundFile]:
    """Every file below ``folder`` that a run would list, sorted by path; hidden ones are left out.

    Raises OSError for a folder that cannot be listed.
    """
    root = f"{folder}/"
    return sorted(
        FoundFile(
            path.removeprefix(root),
            Path(path),
            length,
            datetime.datetime.fromtimestamp(modified / 1_000_000, datetime.UTC).date(),
        )
        for path, length, modified in walk(str(folder))
    )


def spread(items: Sequence[T], count: int = FILES) -> list[T]:
    """At most ``count`` items: the first, the last, and others at even distances."""
    if len(items) <= count:
        return list(items)
    return [items[i * (len(items) - 1) // (count - 1)] for i in range(count)]


def read_beginning(file: FoundFile) -> Beginning | None:
    """The beginning of the file; None where it cannot be read or is damaged."""
    suffix = file.path.suffix.lower().removeprefix(".")
    size = _PACKED if suffix in SUFFIXES else BYTES
    try:
        with file.path.open("rb") as opened:
            content = opened.read(size)
    except OSError:
        return None
    unpacked = unpack(file.key, content)
    if unpacked is None:
        return None
    return Beginning(unpacked[:BYTES], len(content) >= file.length and len(unpacked) <= BYTES)
