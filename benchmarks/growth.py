"""Figure ``growth``: what the size of the build does to it, and to a day of 10,000 rows."""

from __future__ import annotations

import os
import shutil
from itertools import islice
from pathlib import Path

from benchmarks import data
from benchmarks.process import Measured
from benchmarks.result import Result
from benchmarks.sides import Asked
from benchmarks.workbench import OURS, Place, Workbench, tell

ROWS_OF_THE_DAY = 10_000  # of all sources together


def growth(asked: Asked) -> Result:
    """Seconds per line of the largest build by those of the smallest; a build and a day of each."""
    per_line: list[float] = []
    result = Result(None, against="seconds per line of the smallest")
    days: list[Measured] = []
    for size in asked.sizes:
        tell(f"growth: {size:,} lines")
        made = data.make(asked.folder / str(size), size)
        bench = Workbench(Place.of(made))
        built = bench.build(OURS, made.first, made.last)
        landing = _landing_with_small_day(made)
        days.append(
            bench.one(OURS, bench.copy(OURS), made.next_day, made.next_day, landing=landing)
        )
        per_line.append(built.seconds / made.lines)
        result.runs |= {f"build {size:,}": [built], f"day on {size:,}": [days[-1]]}
        shutil.rmtree(made.folder / "copies")
        result.notes.append(f"{made.lines:,} lines: {per_line[-1] * 1e6:.1f} s per million lines")
    result.pairs = [round(seconds / per_line[0], 3) for seconds in per_line[1:]]
    result.value = max(result.pairs, default=None)
    day = [round(found.seconds / days[0].seconds, 3) for found in days[1:]]
    result.notes.append(f"the day by that on the smallest: {day} (aim at most 1.2)")
    return result


def _landing_with_small_day(made: data.Data) -> Path:
    """The landing folder with hard links for the built days and the head of the next day's files.

    A hard link has the same modification time, so that the library knows the file.
    """
    landing = made.folder / "landing_with_small_day"
    shutil.rmtree(landing, ignore_errors=True)
    day = str(made.next_day)
    files = [file for file in made.landing.rglob("*") if file.is_file()]
    new = [file for file in files if day in str(file.relative_to(made.landing))]
    share = min(1.0, ROWS_OF_THE_DAY / sum(_count_lines(file) for file in new))
    for file in files:
        copy = landing / file.relative_to(made.landing)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if file in new:
            _copy_head(file, copy, round(_count_lines(file) * share))
        else:
            os.link(file, copy)
    return landing


def _count_lines(file: Path) -> int:
    with file.open("rb") as lines:
        return sum(1 for _ in lines)


def _copy_head(file: Path, copy: Path, count: int) -> None:
    with file.open("rb") as lines, copy.open("wb") as head:
        head.writelines(islice(lines, count))
