"""Figures of sides that take turns: build, daily, nothing, preview."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import data
from benchmarks.process import Measured, script
from benchmarks.result import Result, Runs, note, ratio
from benchmarks.workbench import BASE, BY_HAND, INCREMENTAL, OURS, Place, Workbench, turns

BARE = "bare_start"
STEPS = "ingest,refine,aggregate"


@dataclass(frozen=True)
class Asked:
    """What the command line asks for."""

    folder: Path
    lines: int
    runs: int
    rows: int
    sizes: tuple[int, ...]
    base: Path | None


def build(asked: Asked) -> Result:
    """Bronze to gold of all days on an empty warehouse, from a ready session."""
    made, bench = _open(asked)
    runs: Runs = {}
    for side in turns((OURS, BY_HAND), asked.runs):
        runs.setdefault(side, []).append(bench.build(side, made.first, made.last))
    bench.compare(bench.built(OURS), bench.built(BY_HAND))
    return ratio(runs, OURS, BY_HAND)


def daily(asked: Asked) -> Result:
    """One more day with about 1 % new rows, from a ready session, on copies of built warehouses.

    Both sides must hold the same rows afterwards, and the script by hand those of a whole build.
    """
    made, bench = _open(asked)
    for side in bench.with_base(OURS, BY_HAND):
        bench.ensure(side, made.first, made.last)
    whole = bench.ensure(BY_HAND, made.first, made.next_day, name="by_hand_with_the_day")
    runs: Runs = {}
    warehouses: dict[str, Path] = {}
    for side in turns(bench.with_base(OURS, INCREMENTAL), asked.runs):
        warehouses[side] = bench.copy(BY_HAND if side == INCREMENTAL else side)
        one = bench.one(side, warehouses[side], made.next_day, made.next_day)
        runs.setdefault(side, []).append(one)
    bench.compare(warehouses[OURS], warehouses[INCREMENTAL])
    bench.compare(warehouses[INCREMENTAL], whole, "--by-hand")
    return _with_base(bench, ratio(runs, OURS, INCREMENTAL))


def nothing(asked: Asked) -> Result:
    """``run`` of bronze to gold with nothing new, as a whole process."""
    made, bench = _open(asked)
    words = ("run", "--steps", STEPS, "--date", str(made.last))
    return _beside_bare(bench, asked, lambda side, at: bench.lakehouse(side, at, *words))


def preview(asked: Asked) -> Result:
    """The rows of one gold table by its SQL, as a whole process."""
    _, bench = _open(asked)
    words = ("preview", "--tables", "gold.weekly_store_sales")
    # Commits before the command existed have no side.
    alone = Workbench(bench.place)
    return _beside_bare(alone, asked, lambda side, at: alone.lakehouse(side, at, *words))


def _beside_bare(
    bench: Workbench, asked: Asked, command: Callable[[str, Path], Measured]
) -> Result:
    """Whole processes beside one that starts Spark and counts one Delta table."""
    made, _ = _open(asked)
    for side in bench.with_base(OURS):
        bench.ensure(side, made.first, made.last)
    places = {side: bench.copy(side) for side in bench.with_base(OURS)}
    for side, warehouse in places.items():
        command(side, warehouse)  # the first run after a build may have to catch up
    runs: Runs = {}
    for side in turns(bench.with_base(OURS, BARE), asked.runs):
        if side == BARE:
            table = places[OURS] / "gold" / "weekly_store_sales"
            found = bench.measure(side, script("bare.py", table))
        else:
            found = command(side, places[side])
        runs.setdefault(side, []).append(found)
    return _with_base(bench, ratio(runs, OURS, BARE))


def _with_base(bench: Workbench, result: Result) -> Result:
    """The result with the values of the other checkout, where there is one."""
    if bench.base:
        result.notes.append(note(result.runs, BASE, result.against))
        result.notes.append(note(result.runs, OURS, BASE))
    return result


def _open(asked: Asked) -> tuple[data.Data, Workbench]:
    folder = asked.folder / str(asked.lines)
    made = data.make(folder, asked.lines)
    shutil.rmtree(folder / "copies", ignore_errors=True)
    return made, Workbench(Place.of(made), asked.base)
