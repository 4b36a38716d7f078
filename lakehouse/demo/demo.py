"""The demo: generated shops, 145 days in one run, a model, three daily runs, and a report.

Features look back 56 days, so they are computed from the day on which the shops have been open for
as long. Those of earlier days would count fewer orders, and a model that was trained on them would
find that every later day differs from its training.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from lakehouse.api import Lakehouse, open_lakehouse
from lakehouse.cli.console import Console
from lakehouse.cli.console_text import duration
from lakehouse.config.settings import load_settings
from lakehouse.demo.generator import generate
from lakehouse.errors import LakehouseError
from lakehouse.ml.registered import Trained
from lakehouse.refresh.outcome import RefreshOutcome, exit_code

PIPELINE = "retail"
FIRST_DAY = date(2026, 2, 1)
DAYS = 148
LOOKBACK = 56
LAST_DAYS = 3
DAILY = ("features", "score", "monitor", "report")

T = TypeVar("T")


@dataclass(frozen=True)
class Loop:
    """The result of the demo."""

    trained: Trained
    outcomes: list[RefreshOutcome]
    seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; 0 when every table of every day was refreshed."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--customers", type=int, default=2000)
    options = parser.parse_args(arguments)
    begin = time.monotonic()
    try:
        loop = _loop(options.customers, begin)
    except LakehouseError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    _summary(loop, options.customers)
    return exit_code(loop.outcomes)


def _loop(customers: int, begin: float) -> Loop:
    console = Console.of()
    settings = load_settings(Path("conf"), pipeline=PIPELINE, env="dev")
    _run_timed(
        console,
        "data",
        lambda made: f"{customers:,} customers, {DAYS} days, {len(made.faults):,} planted faults",
        lambda: generate(Path(settings.landing), customers=customers, days=DAYS, start=FIRST_DAY),
    )
    lake = _run_timed(
        console, "spark", lambda _: "one session", lambda: open_lakehouse(PIPELINE, "dev")
    )
    last = FIRST_DAY + timedelta(days=DAYS - 1)
    first_end = last - timedelta(days=LAST_DAYS)
    steps = ["ingest", "refine", "aggregate"]
    outcomes = _run(lake, console, FIRST_DAY, first_end, steps)
    first_features = FIRST_DAY + timedelta(days=LOOKBACK - 1)
    outcomes += _run(lake, console, first_features, first_end, ["features"])
    console.headline("model", f"on what was known by {first_end}")
    trained = lake.run("train", date=first_end, progress=console)
    for back in reversed(range(LAST_DAYS)):
        day = last - timedelta(days=back)
        outcomes += _run(lake, console, day, day, [*steps, *DAILY])
    return Loop(trained, outcomes, time.monotonic() - begin)


def _run(
    lake: Lakehouse, console: Console, start: date, end: date, steps: list[str]
) -> list[RefreshOutcome]:
    console.headline(PIPELINE, f"{start}" + (f" … {end}" if end != start else ""))
    outcomes: list[RefreshOutcome] = lake.run(
        "run", start=start, end=end, steps=steps, progress=console
    )
    console.end(outcomes)
    return outcomes


def _run_timed(console: Console, name: str, what: Callable[[T], str], work: Callable[[], T]) -> T:
    begin = time.monotonic()
    result = work()
    console.stage(name, what(result), time.monotonic() - begin)
    return result


def _summary(loop: Loop, customers: int) -> None:
    places = load_settings(Path("conf"), pipeline=PIPELINE, env="dev")
    scored = [o.rows_written for o in loop.outcomes if o.table == "gold.churn_scores"]
    print()
    Console.of().summary(
        [
            ("report", f"{places.reports}/index.html"),
            ("tables", f'{places.warehouse}   lakehouse.open("retail").read("gold.churn_scores")'),
            (
                "experiments",
                f".venv/bin/mlflow ui --backend-store-uri sqlite:///{places.mlflow}/mlflow.db",
            ),
        ],
        title=(
            f"Done in {duration(loop.seconds)}, {_memory():.1f} GiB of memory at most. "
            f"{max(scored, default=0):,} of {customers:,} customers scored with "
            f"{loop.trained.name} v{loop.trained.version} ({_quality(loop.trained)})."
        ),
    )
    print("docs/tables/ says what each table holds.")
    print("Next: .venv/bin/lakehouse init my_shop --from /path/to/files")


def _quality(trained: Trained) -> str:
    metrics = trained.metrics
    return (
        f"{trained.candidate}, AUC {metrics['test_roc_auc']:.2f} "
        f"[{metrics['test_roc_auc_low']:.2f}, {metrics['test_roc_auc_high']:.2f}], "
        f"linear baseline {metrics['linear_test_roc_auc']:.2f}"
    )


def _memory() -> float:
    """The peak memory of this process and its children in GiB, summed; 0 except on Linux."""
    status = [Path(f"/proc/{number}/status") for number in _process_tree(os.getpid())]
    lines = [line for file in status if file.is_file() for line in file.read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024**2


def _process_tree(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task").glob("*/children")
    below = [int(number) for file in children for number in file.read_text().split()]
    return [process, *(number for child in below for number in _process_tree(child))]


if __name__ == "__main__":
    sys.exit(main())
