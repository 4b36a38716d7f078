"""Failpoints: a run can be stopped before and after each of its side effects.

A side effect is noticed where it leaves Python: a Delta write, a statement that is not a query, or
a file that is moved to its place. So a new side effect of the library is a new failpoint without
a word here, and the library knows nothing of tests. ``unnoticed`` compares what a run left on the
disk with what was noticed.
"""

from __future__ import annotations

import os
import re
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrameWriter, SparkSession

QUERIES = ("SELECT", "WITH", "DESCRIBE", "SHOW", "SET", "EXPLAIN", "VALUES", "(")


@dataclass(frozen=True)
class Failpoint:
    """The moment ``when`` (before, after) the ``number``-th time that ``action`` changes
    ``target``."""

    when: str
    action: str
    target: str
    number: int

    def __str__(self) -> str:
        return f"{self.when} {self.action} {self.target} {self.number}"


Reach = Callable[[Failpoint], None]


class Stopped(BaseException):
    """The run ends here. No ``except Exception`` can keep it alive."""


class Recorder:
    """Notes each failpoint that a run reaches, in order."""

    def __init__(self) -> None:
        self.points: list[Failpoint] = []

    def __call__(self, point: Failpoint) -> None:
        self.points.append(point)


class StopAt:
    """Raises ``Stopped`` at a failpoint and at each after it: a dead process writes no more."""

    def __init__(self, point: str) -> None:
        self.point = point
        self.is_reached = False

    def __call__(self, point: Failpoint) -> None:
        self.is_reached = self.is_reached or str(point) == self.point
        if self.is_reached:
            raise Stopped(str(point))


@contextmanager
def failpoints(warehouse: Path, reach: Reach) -> Iterator[None]:
    """Call ``reach`` before and after each side effect on a warehouse, or on the folders beside
    it."""
    watch = _Watch(warehouse, reach)
    with pytest.MonkeyPatch.context() as patch:
        for owner, name, describe in (
            (DataFrameWriter, "save", watch.describe_save),
            (DataFrameWriter, "saveAsTable", watch.describe_save),
            (DataFrameWriter, "text", watch.describe_save),
            (SparkSession, "sql", watch.describe_statement),
            (os, "replace", watch.describe_move),
        ):
            patch.setattr(owner, name, watch.around(getattr(owner, name), describe))
        yield


class _Watch:
    def __init__(self, warehouse: Path, reach: Reach) -> None:
        self.warehouse = warehouse
        self.reach = reach
        self.counts: Counter[tuple[str, str]] = Counter()
        self.guard = threading.Lock()

    def around(
        self, original: Callable[..., Any], describe: Callable[..., tuple[str, str] | None]
    ) -> Callable[..., Any]:
        @wraps(original)
        def watched(*given: Any, **named: Any) -> Any:
            effect = describe(*given, **named)
            if effect is None:
                return original(*given, **named)
            with self.guard:
                self.counts[effect] += 1
                number = self.counts[effect]
            self.reach(Failpoint("before", *effect, number))
            result = original(*given, **named)
            self.reach(Failpoint("after", *effect, number))
            return result

        return watched

    def describe_save(
        self, _: DataFrameWriter, path: str | None = None, *__: Any, **___: Any
    ) -> tuple[str, str] | None:
        """A write without a path (``noop``) leaves nothing."""
        return None if path is None else ("write", self._name(path))

    def describe_statement(
        self, _: SparkSession, text: str, *__: Any, **___: Any
    ) -> tuple[str, str] | None:
        words = text.split()
        if words[0].upper().startswith(QUERIES):
            return None
        path = re.search(r"delta\.`([^`]+)`", text)
        return words[0].lower(), self._name(path[1]) if path else " ".join(words[:3])

    def describe_move(
        self, _: object, target: os.PathLike[str] | str, *__: Any, **___: Any
    ) -> tuple[str, str] | None:
        place = Path(target)
        if not place.is_relative_to(self.warehouse.parent):
            return None
        return "move", f"{place.parent.name}/*{place.suffix}"

    def _name(self, path: str) -> str:
        """``silver.sales`` for a table of the warehouse; a path elsewhere as it is."""
        place = Path(path)
        if not place.is_relative_to(self.warehouse):
            return path
        return ".".join(place.relative_to(self.warehouse).parts)


def tables_of(warehouse: Path) -> dict[str, Path]:
    """The folder of each table, by name."""
    logs = warehouse.glob("*/*/_delta_log")
    return {f"{log.parents[1].name}.{log.parent.name}": log.parent for log in logs}


def commits_of(warehouse: Path) -> Counter[str]:
    """The number of commits in the log of each table."""
    return Counter(
        {
            name: len(list((folder / "_delta_log").glob("*.json")))
            for name, folder in tables_of(warehouse).items()
        }
    )


def files_beside_tables(warehouse: Path) -> Counter[str]:
    """The files of the warehouse and of the folders beside it that belong to no table, by folder
    and ending; locks are left out."""
    folders = set(tables_of(warehouse).values())
    files = (file for file in warehouse.parent.rglob("*") if file.is_file())
    return Counter(
        f"{file.parent.name}/*{file.suffix}"
        for file in files
        if file.parent.name != "_locks" and folders.isdisjoint(file.parents)
    )


def unnoticed(
    warehouse: Path,
    points: Collection[Failpoint],
    commits: Counter[str],
    files: Counter[str],
) -> list[str]:
    """What a run left on the disk without a failpoint: new commits and files since ``commits`` and
    ``files`` were counted."""
    noticed = Counter(point.target for point in points if point.when == "after")
    left = (commits_of(warehouse) - commits) + (files_beside_tables(warehouse) - files)
    return sorted((left - noticed).elements())
