"""Alerts: each alarm that was raised is posted to the webhook of the environment.

An alarm is first written (``ops.drift``, ``ops.performance``), then posted, then recorded in
``ops.alerts``. So a run that is killed in between loses none: the next run posts what was raised
and not recorded as posted. An alarm may then be posted twice, with the same ``id``.

Grain of ``ops.alerts``: one row per alarm and run that tried to post it, only ever appended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pyspark.sql import types as T

from lakehouse.monitoring.records import DRIFT, PERFORMANCE
from lakehouse.monitoring.webhook import Delivery
from lakehouse.refresh.context import RunContext
from lakehouse.storage.replaced_records import append_to_log

ALERTS = "ops.alerts"
WAITS = timedelta(days=7)
"""How long an alarm that could not be posted is tried again, in business days before the run."""
_COLUMNS: dict[str, T.DataType] = {
    "id": T.StringType(),
    "day": T.DateType(),
    "model": T.StringType(),
    "version": T.IntegerType(),
    "kind": T.StringType(),
    "subject": T.StringType(),
    "segment": T.StringType(),
    "status": T.StringType(),
    "tries": T.IntegerType(),
    "problem": T.StringType(),
    "posted_at": T.TimestampType(),
    "run_id": T.StringType(),
}
_NUMBERS = {
    "drift": ("psi", "reason"),
    "performance": ("value", "low", "high", "holdout_low", "holdout_high"),
}
"""What a message says of an alarm. Neither counts nor shares of rows: a day may have few."""
SCHEMA = T.StructType([T.StructField(name, kind) for name, kind in _COLUMNS.items()])


@dataclass(frozen=True)
class Alarm:
    """An alarm that was raised. ``kind`` is drift (``subject`` is a column) or performance (a
    metric); ``numbers`` are what the message says of it."""

    id: str
    day: date
    model: str
    version: int
    kind: str
    subject: str
    segment: str | None = None
    numbers: Mapping[str, Any] = field(default_factory=dict)


def pending_alarms(context: RunContext, model: str, *, known_after_days: int) -> list[Alarm]:
    """The alarms of the days of the run and of the days before that were not posted.

    Those of performance are of predictions, whose labels are known ``known_after_days`` later.
    """
    run = context.run
    first, last = run.start - WAITS, run.end
    maturing = timedelta(days=known_after_days)
    raised = [
        *_raised(context, DRIFT, model, first, last),
        *_raised(context, PERFORMANCE, model, first - maturing, last - maturing),
    ]
    posted = _posted(context, first - maturing)
    return [alarm for alarm in raised if alarm.id not in posted]


def record_alerts(context: RunContext, alarms: Sequence[Alarm], delivery: Delivery) -> None:
    """Append what became of the alarms of one message."""
    became = {
        "status": "failed" if delivery.problem else "posted",
        "tries": delivery.tries,
        "problem": delivery.problem or None,
        "posted_at": None if delivery.problem else datetime.now(UTC),
        "run_id": context.run.run_id,
    }
    rows = [{**vars(alarm), **became} for alarm in alarms]
    append_to_log(context.tables, ALERTS, rows, SCHEMA)


def alarm_id(context: RunContext, *parts: object) -> str:
    """Sixteen hexadecimal digits, the same in every run: what a receiver deduplicates by."""
    place = (context.settings.pipeline, context.settings.env)
    text = "\0".join(str(part) for part in (*place, *parts))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _raised(
    context: RunContext, table: str, model: str, first: date, last: date
) -> Iterator[Alarm]:
    if not context.tables.exists(table):
        return
    rows = context.tables.read(table)
    if "raised" not in rows.columns:
        return
    scope = f"raised AND model = '{model}' AND day >= DATE'{first}' AND day <= DATE'{last}'"
    for row in rows.where(scope).orderBy("day", "version").collect():
        found = row.asDict()
        kind, subject = ("drift", "column") if table == DRIFT else ("performance", "metric")
        keys = (found["day"], model, found["version"], kind, found[subject], found.get("segment"))
        yield Alarm(
            alarm_id(context, *keys),
            *keys,
            numbers={name: found[name] for name in _NUMBERS[kind] if found.get(name) is not None},
        )


def _posted(context: RunContext, first: date) -> set[str]:
    if not context.tables.exists(ALERTS):
        return set()
    posted = context.tables.read(ALERTS).where(f"status = 'posted' AND day >= DATE'{first}'")
    return {row[0] for row in posted.select("id").distinct().collect()}
