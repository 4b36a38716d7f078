"""Generate the landing folder of `retail`: five sources, any size, deterministic for a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from lakehouse.demo import baskets, behaviour, changes, people, sales, shops, web
from lakehouse.demo.feeds import Clock, Feed
from lakehouse.demo.manifest import FILE, Fault, Manifest
from lakehouse.demo.planting import Edits, Planter, reorder
from lakehouse.errors import UsageError

SOURCES = ("customers", "stores", "orders", "order_lines", "web_events")
_LINES_PER_CUSTOMER = 23.4  # over 120 days; measured
_THINNED = 0.4  # of the sessions, where the order lines set the size
Progress = Callable[[str, int], None]


def generate(
    landing: Path,
    *,
    customers: int = 2000,
    days: int = 120,
    start: date = date(2026, 3, 1),
    seed: int = 7,
    faults: bool = True,
    lines: int | None = None,
    progress: Progress | None = None,
) -> Manifest:
    """Write ``days`` of files and ``_manifest.json`` to ``landing``; unchanged files are kept.

    ``lines`` is an approximate number of order lines, which sets the number of customers; web
    events are then reduced to a few per line. ``progress`` is called with each written source and
    its rows. Raises UsageError for a size below 1, and for a folder that holds other files.
    """
    if min(days, customers, lines or 1) < 1:
        raise UsageError("customers, days and lines must be at least 1")
    _refuse_foreign_files(landing)
    size = customers if lines is None else max(1, round(lines / _LINES_PER_CUSTOMER * 120 / days))
    counts: dict[str, int] = {}
    planted: list[Fault] = []
    written: set[str] = set()
    clock = Clock(start, days)
    for feed in _feeds(clock, size, seed, share=1.0 if lines is None else _THINNED):
        planter = Planter(np.random.default_rng([seed, 99, len(counts)]), feed, clock)
        if faults:
            planter.plant()
        counts[feed.name] = _write(landing, feed, clock, planter.edits, written)
        planted += planter.faults
        if progress:
            progress(feed.name, counts[feed.name])
    _remove_others(landing, written)
    manifest = Manifest(landing, seed, str(start), days, size, counts, planted)
    manifest.write()
    return manifest


def _feeds(clock: Clock, customers: int, seed: int, share: float) -> Iterator[Feed]:
    """The sources, one after the other. Each has its own random generators."""
    rng = [np.random.default_rng([seed, part]) for part in range(7)]
    acts = behaviour.simulate(
        rng[0], customers=customers, days=clock.days, weekday=clock.start.weekday()
    )
    everyone = people.people(rng[1], acts, clock)
    ids = pa.array([row["customer_id"] for row in everyone])
    yield changes.customers(rng[2], everyone, acts, clock)
    yield shops.stores(clock)
    sold = sales.orders(rng[3], acts, clock)
    yield sales.orders_feed(sold, sales.versions(rng[4], sold, clock), ids, clock)
    yield baskets.lines_feed(baskets.lines(rng[5], sold, clock), clock)
    emails = pa.array([row["email"] for row in everyone])
    yield web.web_feed(rng[6], web.sessions(rng[6], acts, clock, share), ids, emails, clock)


def _write(
    landing: Path, feed: Feed, clock: Clock, edits: dict[str, Edits], written: set[str]
) -> int:
    """Write the feed's files; returns the number of rows."""
    if not len(feed):
        return 0
    for path, (first, last) in feed.files(clock).items():
        part = feed.lines(first, last)
        edit = edits.get(path)
        if edit is None:
            content = feed.header + "".join(part.to_pylist())
        else:
            content = _edit_lines(feed, part.to_pylist(), edit)
        _write_changed(landing / path, content)
        written.add(path)
    return len(feed) + sum(len(edit.added) for edit in edits.values())


def _edit_lines(feed: Feed, lines: list[str], edit: Edits) -> str:
    changed = edit.apply(lines)
    if edit.header is None:
        return feed.header + "".join(changed)
    moved = reorder(changed, list(feed.columns), edit.header)
    return ",".join(edit.header) + "\n" + "".join(moved)


def _write_changed(file: Path, content: str) -> None:
    """Write a file unless its content is unchanged, which keeps its modification time."""
    data = content.encode()
    if file.is_file() and file.read_bytes() == data:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def _refuse_foreign_files(landing: Path) -> None:
    """Raise UsageError for a folder with files that were not generated."""
    foreign = [name for name in SOURCES if (landing / name).exists()]
    if foreign and not (landing / FILE).is_file():
        raise UsageError(
            f"the folder holds {', '.join(foreign)} that were not generated",
            where=str(landing),
            hint="choose an empty folder: --set landing=DIR",
        )


def _remove_others(landing: Path, written: set[str]) -> None:
    for source in SOURCES:
        for file in sorted((landing / source).rglob("*"), reverse=True):
            if file.is_dir() and not any(file.iterdir()):
                file.rmdir()
            elif file.is_file() and file.relative_to(landing).as_posix() not in written:
                file.unlink()
