"""Where the time goes: ``python -m benchmarks.jobs EVENT_LOG`` lists Spark's queries and jobs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Query:
    """One query: where Python asked for it, its jobs, and milliseconds on the wall and in tasks."""

    where: str
    begin: int
    end: int = 0
    jobs: int = 0
    tasks: int = 0
    task_ms: int = 0
    stages: set[int] = field(default_factory=set)
    plan: str = ""


def queries(log: Path) -> list[Query]:
    """The queries of an event log, in order; jobs without a query stand under their call."""
    found: dict[str, Query] = {}
    of_stage: dict[int, Query] = {}
    for event in _events(log):
        kind = event["Event"].rpartition(".")[2]
        if kind == "SparkListenerSQLExecutionStart":
            key = str(event["executionId"])
            where = event["details"].splitlines()[0] if event["details"] else event["description"]
            found[key] = Query(f"{event['description']} | {where}", event["time"])
            found[key].plan = event.get("physicalPlanDescription", "")
        elif kind == "SparkListenerSQLExecutionEnd" and str(event["executionId"]) in found:
            found[str(event["executionId"])].end = event["time"]
        elif kind == "SparkListenerJobStart":
            query = _query_of(event, found)
            query.jobs += 1
            of_stage |= dict.fromkeys(event["Stage IDs"], query)
        elif kind == "SparkListenerTaskEnd" and event["Stage ID"] in of_stage:
            query = of_stage[event["Stage ID"]]
            query.tasks += 1
            query.task_ms += event["Task Metrics"]["Executor Run Time"]
    return sorted(found.values(), key=lambda query: query.begin)


def _query_of(event: dict[str, Any], found: dict[str, Query]) -> Query:
    properties = event.get("Properties") or {}
    key = properties.get("spark.sql.execution.id") or f"job {event['Job ID']}"
    where = properties.get("callSite.short", "job")
    return found.setdefault(key, Query(where, event["Submission Time"]))


def _events(log: Path) -> Iterator[dict[str, Any]]:
    files = sorted(log.rglob("events_*")) if log.is_dir() else [log]
    for file in files:
        with file.open() as lines:
            yield from (json.loads(line) for line in lines)


def main(log: str) -> None:
    """Print a line for each query, and the sums."""
    found = queries(Path(log))
    start = found[0].begin
    for query in found:
        took = max(query.end - query.begin, 0) / 1000
        print(
            f"{(query.begin - start) / 1000:7.2f} s {took:7.2f} s {query.jobs:3} jobs "
            f"{query.tasks:4} tasks {query.task_ms / 1000:7.2f} s  {query.where[:110]}"
        )
    print(
        f"{len(found)} queries, {sum(query.jobs for query in found)} jobs, "
        f"{sum(query.task_ms for query in found) / 1000:.1f} s of tasks"
    )


if __name__ == "__main__":
    main(sys.argv[1])
