"""Spark's work, counted from an event log: ``python -m benchmarks.work EVENT_LOG``.

Counts do not depend on how busy a machine is. Spark writes the log with
``spark.eventLog.enabled=true`` and ``spark.eventLog.compress=false``.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

HISTORY = "Execute DescribeDeltaHistoryCommand"
"""The top of the plan of ``DESCRIBE HISTORY``. The query that then collects its rows names the
command further down, so that each statement counts once."""
Event = dict[str, Any]


@dataclass
class Work:
    """What a process asked of Spark, or one place of its code.

    ``executions`` are SQL executions with those nested in others (Delta's own); ``calls`` only the
    outer ones; ``histories`` the outer ones that are ``DESCRIBE HISTORY``. Processor seconds are
    those of tasks.
    """

    executions: int = 0
    calls: int = 0
    histories: int = 0
    jobs: int = 0
    tasks: int = 0
    executor_seconds: float = 0.0
    bytes_read: int = 0

    def add(self, other: Work) -> None:
        """Add the numbers of ``other``."""
        for name, number in asdict(other).items():
            setattr(self, name, getattr(self, name) + number)


def count(log: Path) -> Work:
    """The work of the whole log, a folder with the log of one process."""
    total = Work()
    for work in by_caller(log).values():
        total.add(work)
    return total


def by_caller(log: Path) -> dict[str, Work]:
    """The work of each caller; an execution within another one counts for the outer one's."""
    counter = _Counter()
    for event in read_events(log):
        counter.take(event)
    return counter.callers


@dataclass
class _Counter:
    """Event by event: which caller started an execution, a job, a stage."""

    callers: dict[str, Work] = field(default_factory=dict)
    of_execution: dict[int, str] = field(default_factory=dict)
    of_stage: dict[int, Work] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        kind = event["Event"].rpartition(".")[2]
        if kind == "SparkListenerSQLExecutionStart":
            self._execution(event)
        elif kind == "SparkListenerJobStart":
            self._job(event)
        elif kind == "SparkListenerTaskEnd":
            self._task(event)

    def _execution(self, event: Event) -> None:
        number = int(event["executionId"])
        root = int(event.get("rootExecutionId", number))
        is_nested = root != number and root in self.of_execution
        name = self.of_execution[root] if is_nested else shorten(event["description"])
        self.of_execution[number] = name
        work = self._work(name)
        work.executions += 1
        if not is_nested:
            work.calls += 1
            work.histories += _top(event.get("physicalPlanDescription", "")).startswith(HISTORY)

    def _job(self, event: Event) -> None:
        properties = event.get("Properties") or {}
        number = properties.get("spark.sql.execution.id")
        name = self.of_execution.get(int(number)) if number else None
        work = self._work(name or shorten(properties.get("callSite.short", "no query")))
        work.jobs += 1
        self.of_stage |= dict.fromkeys(event["Stage IDs"], work)

    def _task(self, event: Event) -> None:
        work = self.of_stage.get(event["Stage ID"]) or self._work("no query")
        metrics = event.get("Task Metrics") or {}  # absent where the executor was lost
        work.tasks += 1
        work.executor_seconds += metrics.get("Executor CPU Time", 0) / 1e9
        work.bytes_read += metrics.get("Input Metrics", {}).get("Bytes Read", 0)

    def _work(self, name: str) -> Work:
        return self.callers.setdefault(name, Work())


def read_events(log: Path) -> Iterator[Event]:
    """The events of a log: a file, or a folder with the rolled files of one or more logs."""
    files: Iterable[Path] = [log]
    if log.is_dir():
        files = sorted(log.rglob("events_*"), key=_position)
    for file in files:
        with file.open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines)


def _position(file: Path) -> tuple[str, int]:
    """``events_10_…`` comes after ``events_9_…``."""
    return str(file.parent), int(file.name.split("_")[1])


def _top(plan: str) -> str:
    """The plan without its headline."""
    return plan.partition("\n")[2]


def shorten(description: str) -> str:
    """A caller without the folder of the checkout: ``collect at lakehouse/…/evaluate.py:113``."""
    return re.sub(r"/\S*/((lakehouse|benchmarks)/)", r"\1", description)[:90]


def main(log: str) -> None:
    """Print a line for each caller, the most processor seconds first, and the sums."""
    callers = by_caller(Path(log))
    print(f"{'seconds':>8} {'tasks':>6} {'jobs':>5} {'SQL':>5} {'calls':>5}  asked by")
    for name, work in sorted(callers.items(), key=lambda item: -item[1].executor_seconds):
        print(
            f"{work.executor_seconds:8.1f} {work.tasks:6} {work.jobs:5} {work.executions:5} "
            f"{work.calls:5}  {name}"
        )
    total = count(Path(log))
    print(
        f"{total.executions} SQL executions, {total.histories} of them DESCRIBE HISTORY, "
        f"{total.jobs} jobs, {total.executor_seconds:.1f} processor seconds in tasks, "
        f"{total.bytes_read / 1e6:.1f} MB read"
    )


if __name__ == "__main__":
    main(sys.argv[1])
