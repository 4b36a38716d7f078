"""``make bench``: this pipeline against a script by hand, a day with 1 % new rows, the fixed start.

Each measurement is a process of its own, both sides take turns, and minimum and median of the
runs go to ``build/bench.json``. ``build`` is bronze to gold on an empty warehouse, ``daily`` one
more day on a built one, ``fixed`` the same steps with nothing new.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks import figures
from benchmarks.data import Data, make

FIGURES = ("build", "daily", "fixed")
SOURCE = "benchmarks/by_hand.py"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, write ``build/bench.json`` and print the table; an error where both sides differ."""
    asked = _arguments(arguments)
    folder = Path("build/bench").resolve() / str(asked.lines)
    _say(f"data: about {asked.lines:,} order lines in {folder.relative_to(Path.cwd())}")
    data = make(folder, asked.lines)
    bench = Bench(data, asked.event_log)
    runs: dict[str, list[dict[str, Any]]] = {}
    if "build" in asked.only:
        for number in range(asked.runs):
            _say(f"build {number + 1} of {asked.runs}")
            for side in ("library", "by_hand") if number % 2 == 0 else ("by_hand", "library"):
                runs.setdefault(side, []).append(bench.build(side))
        bench.compare()
    if {"daily", "fixed"} & set(asked.only):
        if not bench.built():
            bench.build("library")
        _keep(folder)
        for number in range(asked.runs):
            for name, day in (("fixed", data.last), ("daily", data.next_day)):
                if name in asked.only:
                    _say(f"{name} {number + 1} of {asked.runs}")
                    runs.setdefault(name, []).append(bench.again(day))
    found = figures.summary(runs, data)
    found |= {"by_hand_source": SOURCE, "machine": machine(), "runs": runs}
    Path("build/bench.json").write_text(json.dumps(found, indent=1) + "\n")
    print(figures.table(found))
    return 0


class Bench:
    """Runs of one size. Tables that differ end the measurement: it would compare nothing."""

    def __init__(self, data: Data, event_log: bool) -> None:
        self.data = data
        self.event_log = event_log

    def build(self, side: str) -> dict[str, Any]:
        """The whole build on an empty warehouse."""
        warehouse = self.data.folder / side
        shutil.rmtree(warehouse, ignore_errors=True)
        return self._one(side, warehouse, self.data.first, self.data.last)

    def built(self) -> bool:
        """Whether the library has built the whole."""
        return (self.data.folder / "library").is_dir()

    def again(self, day: date) -> dict[str, Any]:
        """One run for ``day`` on a copy of the built warehouse."""
        copy = self.data.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.data.folder / "built", copy)
        return self._one("library", copy, day, day)

    def compare(self) -> None:
        """Raise CalledProcessError unless both sides hold the same rows."""
        places = [str(self.data.folder / side) for side in ("library", "by_hand")]
        subprocess.run([sys.executable, "-m", "benchmarks.same", *places], check=True)

    def _one(self, side: str, warehouse: Path, start: date, end: date) -> dict[str, Any]:
        begin = time.monotonic()
        done = subprocess.run(
            [
                *(sys.executable, "-m", "benchmarks.one", side),
                *("--landing", str(self.data.landing), "--warehouse", str(warehouse)),
                *("--key", str(self.data.key), "--start", str(start), "--end", str(end)),
            ],
            env=self._environment(side),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        found["process"] = time.monotonic() - begin
        _say(f"  {side:8} {found['seconds']:6.1f} s, {found['process']:.1f} s with start and end")
        return found

    def _environment(self, side: str) -> dict[str, str]:
        env = {**os.environ, "SPARK_CONF_DIR": str(Path("conf/spark").resolve())}
        if self.event_log:
            logs = self.data.folder / "events" / side
            logs.mkdir(parents=True, exist_ok=True)
            log = f"--conf spark.eventLog.enabled=true --conf spark.eventLog.compress=false --conf spark.eventLog.dir=file://{logs}"
            env["PYSPARK_SUBMIT_ARGS"] = f"{log} pyspark-shell"
        return env


def _keep(folder: Path) -> None:
    """The built warehouse as the start of every daily run."""
    shutil.rmtree(folder / "built", ignore_errors=True)
    shutil.copytree(folder / "library", folder / "built")


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(memory, 1),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000, help="order lines")
    parser.add_argument("--runs", type=int, default=3, help="of each measurement")
    parser.add_argument("--only", type=_names, default=FIGURES, help="build,daily,fixed")
    parser.add_argument(
        "--event-log", action="store_true", help="keep Spark's events for benchmarks.jobs"
    )
    return parser.parse_args(arguments)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if not set(names) <= set(FIGURES):
        raise argparse.ArgumentTypeError(f"choose from {', '.join(FIGURES)}")
    return names


if __name__ == "__main__":
    sys.exit(main())
