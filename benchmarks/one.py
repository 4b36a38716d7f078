"""One side of a figure in a process of its own: ``python benchmarks/one.py ours …``; ends in JSON.

The clock starts when the session is ready, so the seconds leave out what both sides share. The side
``ours`` imports nothing of this folder: it also runs against another checkout.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from lakehouse.storage.session import spark_session

STEPS = ("ingest", "refine", "aggregate")
CONF = Path("conf")
Json = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure one side; the last line is JSON with the seconds and, for ours, those of tables."""
    asked = _arguments(arguments)
    start, run = SIDES[asked.side]
    started = start(asked)
    ready = time.monotonic()
    tables = run(started, asked)
    print(json.dumps({"seconds": time.monotonic() - ready, "tables": tables}), flush=True)


def _build_by_hand(spark: SparkSession, asked: argparse.Namespace) -> list[Json]:
    from benchmarks import by_hand

    by_hand.build(spark, asked.landing, asked.warehouse, asked.end)
    return []


def _run_day_by_hand(spark: SparkSession, asked: argparse.Namespace) -> list[Json]:
    from benchmarks import incremental_by_hand

    incremental_by_hand.run_day(spark, asked.landing, asked.warehouse, asked.end)
    return []


def _run_ours(lake: Any, asked: argparse.Namespace) -> list[Json]:
    """The steps for the range of days, or for each day of it, in one session; then the training."""
    days = [(asked.start, asked.end)]
    if asked.each_day:
        count = (asked.end - asked.start).days + 1
        days = [(day, day) for day in (asked.start + timedelta(days=n) for n in range(count))]
    tables: list[Json] = []
    for start, end in days:
        outcomes = lake.run("run", start=start, end=end, steps=asked.steps)
        tables += [{"day": str(end), **_describe(outcome)} for outcome in outcomes]
    if asked.train:
        lake.run("train", date=asked.end)
    return tables


def _start_by_hand(_: argparse.Namespace) -> SparkSession:
    spark = spark_session(CONF)
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def _open(asked: argparse.Namespace) -> Any:
    """The pipeline, for which the library starts Spark as it does for its users."""
    from lakehouse.api import open_lakehouse

    home = asked.warehouse.parent
    return open_lakehouse(
        "retail",
        "dev",
        conf_dir=CONF,
        landing=str(asked.landing),
        warehouse=str(asked.warehouse),
        privacy_key=f"${{file:{asked.key}}}",
        mlflow=str(home / "mlflow"),
        reports=str(home / "reports"),
    )


def _describe(outcome: Any) -> Json:
    if outcome.error:
        raise outcome.error
    names = ("table", "seconds", "status", "rows_read", "rows_written")
    return {name: getattr(outcome, name) for name in names}


SIDES: dict[str, tuple[Callable[..., Any], Callable[..., list[Json]]]] = {
    "ours": (_open, _run_ours),
    "by_hand": (_start_by_hand, _build_by_hand),
    "incremental_by_hand": (_start_by_hand, _run_day_by_hand),
}


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/one.py", description=__doc__)
    parser.add_argument("side", choices=tuple(SIDES))
    parser.add_argument("--landing", type=Path, required=True)
    parser.add_argument("--warehouse", type=Path, required=True)
    parser.add_argument("--key", type=Path)
    parser.add_argument("--start", type=date.fromisoformat, required=True)
    parser.add_argument("--end", type=date.fromisoformat, required=True)
    parser.add_argument("--steps", type=lambda text: text.split(","), default=list(STEPS))
    parser.add_argument("--each-day", action="store_true", help="a run for each day")
    parser.add_argument("--train", action="store_true", help="train the model at the end")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
