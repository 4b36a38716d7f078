"""The same tables whatever the machine's time zone, with business days of the pipeline's zone."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import till as t
from pyspark.sql import SparkSession
from till import Till

pytestmark = pytest.mark.usefixtures("privacy_key")
MACHINES = ("UTC", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Kiritimati")
PIPELINES = ("America/Los_Angeles", "Europe/Copenhagen", "Pacific/Auckland")
# Two days around each change of the clocks, every half hour: hours that occur twice or never.
CHANGES = ("2026-03-07", "2026-03-28", "2026-04-04", "2026-09-26", "2026-10-24", "2026-10-31")
FIRST, LAST = "2026-03-01", "2026-11-30"
TIMES = [
    datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(minutes=30 * step)
    for day in CHANGES
    for step in range(96)
]
BRONZE = """table: bronze.events
description: Events of all days in one file
source: {kind: files, format: json, path: "{landing}/events.json", day_from: at}
columns:
  event: {type: int, pii: none}
  at: {type: timestamp, pii: none}
"""
SQL = """SELECT event, at, CAST(from_utc_timestamp(at, :timezone) AS DATE) AS day,
  date_format(from_utc_timestamp(at, :timezone), 'yyyy-MM-dd HH') AS hour
FROM bronze.events"""


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest, spark: SparkSession) -> Iterator[str]:
    """The time zone of the machine, for Python and for the JVM."""
    java: Any = spark.sparkContext._jvm
    before = os.environ.get("TZ"), java.java.util.TimeZone.getDefault()
    _set_zone(request.param, java.java.util.TimeZone.getTimeZone(request.param), java)
    yield request.param
    _set_zone(*before, java)


def _set_zone(name: str | None, zone: Any, java: Any) -> None:
    if name is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = name
    time.tzset()
    java.java.util.TimeZone.setDefault(zone)


@pytest.mark.parametrize("zone", PIPELINES)
def test_days_and_hours_are_those_of_the_pipeline(
    spark: SparkSession, tmp_path: Path, machine: str, zone: str
) -> None:
    till = Till(tmp_path)
    till.declare("pipeline.yml", f"description: x\nowner: a@example.com\ntimezone: {zone}\n")
    till.declare("bronze/events.yml", BRONZE)
    till.silver("events", SQL, "write: append\nkeys: [event]")
    for name in ("day", "hour"):
        sql = f"SELECT {name}, count(*) AS n FROM silver.events GROUP BY {name}"
        rest = f"source: silver.events\nwrite: replace_keys\nkeys: [{name}]"
        till.gold(f"by_{name}", sql, rest)
    lines = [json.dumps({"event": n, "at": at.isoformat()}) for n, at in enumerate(TIMES)]
    (till.landing / "events.json").write_text("\n".join(lines))
    lake = till.shop(spark).opened()
    outcomes = lake.run("run", start=FIRST, end=LAST, steps=list(t.STEPS))
    assert all(outcome.error is None for outcome in outcomes)
    local = [at.astimezone(ZoneInfo(zone)) for at in TIMES]
    days = Counter(str(at.date()) for at in local)
    hours = Counter(f"{at:%Y-%m-%d %H}" for at in local)
    expected = sorted((day, str(n)) for day, n in days.items())
    assert t.rows(till, spark, "gold.by_day", "day", "n") == expected
    assert t.rows(till, spark, "gold.by_hour", "hour", "n") == sorted(
        (hour, str(n)) for hour, n in hours.items()
    )
    known = Counter(day for (day,) in t.rows(till, spark, "bronze.events", "_known_date"))
    assert known == days
    stored = t.read(till, spark, "silver.events").selectExpr("event", "unix_seconds(at)").collect()
    assert dict(map(tuple, stored)) == {n: int(at.timestamp()) for n, at in enumerate(TIMES)}
