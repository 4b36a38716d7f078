"""Two sides in one session, in turn, and what they print for ``benchmarks.alone``."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from lakehouse.storage.session import spark_session

Work = Callable[[], object]


def open_session(figure: str, description: str | None) -> tuple[SparkSession, argparse.Namespace]:
    """A session, and the folder, rows and runs that the command line gives for the figure."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{figure}", description=description)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--runs", type=int, required=True)
    asked = parser.parse_args()
    spark = spark_session(Path("conf"))
    spark.sparkContext.setLogLevel("ERROR")
    return spark, asked


def time_pairs(ours: Work, theirs: Work, runs: int) -> list[list[float]]:
    """Seconds of both sides for each run, each time in the opposite order; one pair warms up."""
    ours(), theirs()
    pairs = []
    for number in range(runs):
        works = {"ours": ours, "theirs": theirs}
        names = list(works) if number % 2 == 0 else list(reversed(works))
        seconds = {name: time_one(works[name]) for name in names}
        pairs.append([seconds["ours"], seconds["theirs"]])
    return pairs


def time_one(work: Work) -> float:
    """Seconds of one call."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def compute(frame: DataFrame) -> None:
    """Compute all rows and columns, and write them nowhere."""
    frame.write.format("noop").mode("overwrite").save()


def print_pairs(pairs: Sequence[Sequence[float]], *notes: str) -> None:
    """Print the pairs, ours first, as the line of JSON that the figure reads."""
    seconds = sum(sum(pair) for pair in pairs)
    print(json.dumps({"seconds": seconds, "pairs": pairs, "notes": list(notes)}), flush=True)
