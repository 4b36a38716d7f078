"""Where the time goes: ``python -m benchmarks.jobs EVENT_LOG`` sums Spark's work by caller."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Work:
    """What one place of the code asked of Spark: calls, jobs, tasks, processor seconds."""

    calls: int = 0
    jobs: int = 0
    tasks: int = 0
    seconds: float = 0.0


def by_caller(log: Path) -> dict[str, Work]:
    """The work of each caller; a query within a query (Delta's own) counts for the outer one."""
    found: dict[str, Work] = {}
    callers: dict[int, str] = {}
    of_stage: dict[int, Work] = {}
    for event in _events(log):
        kind = event["Event"].rpartition(".")[2]
        if kind == "SparkListenerSQLExecutionStart":
            number = event["executionId"]
            root = event.get("rootExecutionId", number)
            inner = root != number and root in callers
            callers[number] = callers[root] if inner else _caller(event["description"])
            if not inner:
                found.setdefault(callers[number], Work()).calls += 1
        elif kind == "SparkListenerJobStart":
            work = found.setdefault(_of_job(event, callers), Work())
            work.jobs += 1
            of_stage |= dict.fromkeys(event["Stage IDs"], work)
        elif kind == "SparkListenerTaskEnd" and event["Stage ID"] in of_stage:
            work = of_stage[event["Stage ID"]]
            work.tasks += 1
            work.seconds += event["Task Metrics"]["Executor CPU Time"] / 1e9
    return found


def _of_job(event: dict[str, Any], callers: dict[int, str]) -> str:
    properties = event.get("Properties") or {}
    number = properties.get("spark.sql.execution.id")
    if number is not None and int(number) in callers:
        return callers[int(number)]
    return _caller(properties.get("callSite.short", "no query"))


def _caller(description: str) -> str:
    return re.sub(r"/\S*/((lakehouse|benchmarks)/)", r"\1", description)[:90]


def _events(log: Path) -> Iterator[dict[str, Any]]:
    files = sorted(log.rglob("events_*")) if log.is_dir() else [log]
    for file in files:
        with file.open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines)


def main(log: str) -> None:
    """Print a line for each caller, the most seconds first, and the sums."""
    found = by_caller(Path(log))
    print(f"{'seconds':>8} {'tasks':>6} {'jobs':>5} {'calls':>5}  asked by")
    for name, work in sorted(found.items(), key=lambda item: -item[1].seconds):
        print(f"{work.seconds:8.1f} {work.tasks:6} {work.jobs:5} {work.calls:5}  {name}")
    total = [sum(getattr(work, name) for work in found.values()) for name in ("jobs", "seconds")]
    print(f"{total[0]} jobs, {total[1]:.1f} processor seconds in tasks")


if __name__ == "__main__":
    main(sys.argv[1])
