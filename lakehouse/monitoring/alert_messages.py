"""The messages to the webhook: one for each day and version, with its alarms.

A message has a ``text``, which chat services show, and the same as fields. It holds no value of a
row, and no number of rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from lakehouse.config.model.monitoring import ModelMonitoring
from lakehouse.config.settings import Settings
from lakehouse.monitoring.alerts import Alarm

Message = dict[str, Any]
DIGITS = 4


def group_alarms(alarms: Sequence[Alarm]) -> Iterator[list[Alarm]]:
    """Alarms that share a message: of the same day, model and version."""
    ordered = sorted(alarms, key=lambda one: (one.day, one.model, one.version, one.kind, one.id))
    for _, together in groupby(ordered, key=lambda one: (one.day, one.model, one.version)):
        yield list(together)


def make_message(
    alarms: Sequence[Alarm], settings: Settings, thresholds: ModelMonitoring
) -> Message:
    """The message of alarms of one day, model and version. ``id`` is that of the message: the same
    alarms have the same one."""
    first = alarms[0]
    ids = "\0".join(alarm.id for alarm in alarms)
    return {
        "id": hashlib.sha256(ids.encode()).hexdigest()[:16],
        "text": _sentence(alarms, settings),
        "pipeline": settings.pipeline,
        "env": settings.env,
        "model": first.model,
        "version": first.version,
        "day": str(first.day),
        "thresholds": {"warn": thresholds.warn, "alarm": thresholds.alarm},
        "alarms": [_fields(alarm) for alarm in alarms],
    }


def _fields(alarm: Alarm) -> dict[str, Any]:
    name = "column" if alarm.kind == "drift" else "metric"
    where = {} if alarm.segment is None else {"segment": alarm.segment}
    rounded = {
        key: round(value, DIGITS) if isinstance(value, float) else value
        for key, value in alarm.numbers.items()
    }
    return {"id": alarm.id, "kind": alarm.kind, name: alarm.subject, **where, **rounded}


def _sentence(alarms: Sequence[Alarm], settings: Settings) -> str:
    first = alarms[0]
    words = [_words(alarm) for alarm in alarms[:5]]
    if len(alarms) > len(words):
        words.append(f"{len(alarms) - len(words)} more")
    place = f"{settings.pipeline} ({settings.env})"
    return f"{place}: {first.model} v{first.version}, {first.day}: {', '.join(words)}"


def _words(alarm: Alarm) -> str:
    if alarm.kind == "performance":
        low, high = alarm.numbers.get("low", 0.0), alarm.numbers.get("high", 0.0)
        return f"{alarm.subject} {low:.3f} to {high:.3f} is worse than at the hold-out"
    name = alarm.subject if alarm.segment is None else f"{alarm.subject} within {alarm.segment}"
    return f"{name} drifts (PSI {alarm.numbers.get('psi', 0.0):.2f})"
