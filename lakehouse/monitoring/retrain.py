"""Requests to train a model again: ``ops.retrain_requests``, each served by one training.

Grain: one row per model and day on which an alarm was raised while no request was open.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from pyspark.sql import types as T

from lakehouse.refresh.context import RunContext
from lakehouse.storage.replaced_records import replace_records

REQUESTS = "ops.retrain_requests"
SCHEMA = T.StructType(
    [
        T.StructField("day", T.DateType()),
        T.StructField("model", T.StringType()),
        T.StructField("version", T.IntegerType()),
        T.StructField("reason", T.StringType()),
        T.StructField("run_id", T.StringType()),
        T.StructField("served_version", T.IntegerType()),
        T.StructField("served_run_id", T.StringType()),
    ]
)


def request_training(
    context: RunContext, *, day: date, model: str, version: int, reason: str
) -> bool:
    """Ask for a training, unless a request is open or the day has asked before; returns whether a
    request was added."""
    requests = _read(context, model)
    if any(row["served_version"] is None or row["day"] == day for row in requests):
        return False
    asked = {"day": day, "model": model, "version": version, "reason": reason}
    request = {**asked, "run_id": context.run.run_id}
    _write(context, model, [*requests, {**request, "served_version": None, "served_run_id": None}])
    return True


def is_requested(context: RunContext, model: str) -> bool:
    """Whether a request for the model is open."""
    return any(row["served_version"] is None for row in _read(context, model))


def serve_requests(context: RunContext, *, model: str, version: int) -> int:
    """Mark the open requests as served by a new version; returns how many there were."""
    requests = _read(context, model)
    number = sum(row["served_version"] is None for row in requests)
    if number:
        served = {"served_version": version, "served_run_id": context.run.run_id}
        _write(
            context,
            model,
            [row | served if row["served_version"] is None else row for row in requests],
        )
    return number


def _read(context: RunContext, model: str) -> list[dict[str, Any]]:
    if not context.tables.exists(REQUESTS):
        return []
    rows = context.tables.read(REQUESTS).where(f"model = '{model}'")
    return [row.asDict() for row in rows.collect()]


def _write(context: RunContext, model: str, rows: list[dict[str, Any]]) -> None:
    replace_records(
        context.tables,
        REQUESTS,
        rows,
        SCHEMA,
        scope=f"model = '{model}'",
        run_id=context.run.run_id,
    )
