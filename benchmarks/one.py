"""One measurement in a process of its own: ``python -m benchmarks.one library …``; ends in JSON.

The clock starts when the session is ready, so the figures leave out what both sides share.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from benchmarks import by_hand
from lakehouse.api import Lakehouse, open_lakehouse
from lakehouse.refresh.outcome import RefreshOutcome
from lakehouse.storage.session import spark_session

STEPS = ("ingest", "refine", "aggregate")
CONF = Path("conf")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure one side; the last line is JSON with the seconds and, for the library, the tables."""
    asked = _arguments(arguments)
    begin = time.monotonic()
    spark = spark_session(CONF)
    spark.sparkContext.setLogLevel("ERROR")
    ready, cpu = time.monotonic(), jvm_cpu(spark)
    if asked.side == "by_hand":
        by_hand.build(spark, asked.landing, asked.warehouse, asked.end)
        tables: list[dict[str, Any]] = []
    else:
        tables = _run(open_for(spark, asked.landing, asked.warehouse, asked.key), asked)
    found = {
        "seconds": time.monotonic() - ready,
        "cpu_seconds": jvm_cpu(spark) - cpu,
        "memory_gib": jvm_memory(spark),
        "start": ready - begin,
        "tables": tables,
    }
    print(json.dumps(found), flush=True)


def jvm_cpu(spark: SparkSession) -> float:
    """Processor seconds of Spark's JVM so far: what a busy machine does not change much."""
    fields = (_proc(spark) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def jvm_memory(spark: SparkSession) -> float:
    """The most memory that the JVM had at any time, in GiB."""
    status = (_proc(spark) / "status").read_text().splitlines()
    peak = next(line for line in status if line.startswith("VmHWM"))
    return round(int(peak.split()[1]) / 2**20, 2)


def _proc(spark: SparkSession) -> Path:
    gateway: Any = spark.sparkContext._gateway
    return Path(f"/proc/{gateway.proc.pid}")


def open_for(spark: SparkSession, landing: Path, warehouse: Path, key: Path) -> Lakehouse:
    """The pipeline `retail` on the measured files."""
    return open_lakehouse(
        "retail",
        "dev",
        conf_dir=CONF,
        spark=spark,
        landing=str(landing),
        warehouse=str(warehouse),
        privacy_key=f"${{file:{key}}}",
    )


def _run(lake: Lakehouse, asked: argparse.Namespace) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for step in STEPS:
        begin = time.monotonic()
        outcomes: list[RefreshOutcome] = lake.run(step, start=asked.start, end=asked.end)
        seconds = time.monotonic() - begin
        found.append({"step": step, "table": "", "seconds": round(seconds, 3)})
        found += [_told(step, outcome) for outcome in outcomes]
    return found


def _told(step: str, outcome: RefreshOutcome) -> dict[str, Any]:
    if outcome.error:
        raise outcome.error
    return {
        "step": step,
        "table": outcome.table,
        "seconds": outcome.seconds,
        "status": outcome.status,
        "rows_read": outcome.rows_read,
        "rows_written": outcome.rows_written,
    }


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.one", description=__doc__)
    parser.add_argument("side", choices=("library", "by_hand"))
    parser.add_argument("--landing", type=Path, required=True)
    parser.add_argument("--warehouse", type=Path, required=True)
    parser.add_argument("--key", type=Path)
    parser.add_argument("--start", type=date.fromisoformat, required=True)
    parser.add_argument("--end", type=date.fromisoformat, required=True)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
