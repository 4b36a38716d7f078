"""The tables of monitoring: ``ops.drift`` and ``ops.performance``.

Grain of ``ops.drift``: one row per day, model version, column and segment; ``segment`` is NULL for
all rows. Grain of ``ops.performance``: one row per day of the predictions, version and metric.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from pyspark.sql import functions as F
from pyspark.sql import types as T

from lakehouse.monitoring.drift import ColumnDrift, Key
from lakehouse.monitoring.performance import Performance
from lakehouse.refresh.context import RunContext
from lakehouse.storage.replaced_records import replace_records

DRIFT, PERFORMANCE = "ops.drift", "ops.performance"
Row = dict[str, Any]
_DAY = timedelta(days=1)

_KEYS: dict[str, T.DataType] = {
    "day": T.DateType(),
    "model": T.StringType(),
    "version": T.IntegerType(),
}


def _schema(columns: dict[str, T.DataType]) -> T.StructType:
    named = {**_KEYS, **columns, "run_id": T.StringType()}
    return T.StructType([T.StructField(name, kind) for name, kind in named.items()])


DRIFT_SCHEMA = _schema(
    {
        "column": T.StringType(),
        "segment": T.StringType(),
        "kind": T.StringType(),
        "psi": T.DoubleType(),
        "level": T.StringType(),
        "reason": T.StringType(),
        "raised": T.BooleanType(),
        "psi_raw": T.DoubleType(),
        "psi_bound": T.DoubleType(),
        "rows": T.LongType(),
        "missing_share": T.DoubleType(),
        "nan_share": T.DoubleType(),
        "infinite_share": T.DoubleType(),
        "out_of_range_share": T.DoubleType(),
        "unseen_share": T.DoubleType(),
        "training_missing_share": T.DoubleType(),
        "training_unseen_share": T.DoubleType(),
    }
)
PERFORMANCE_SCHEMA = _schema(
    {
        "metric": T.StringType(),
        "value": T.DoubleType(),
        "low": T.DoubleType(),
        "high": T.DoubleType(),
        "rows": T.LongType(),
        "holdout_low": T.DoubleType(),
        "holdout_high": T.DoubleType(),
        "level": T.StringType(),
        "raised": T.BooleanType(),
    }
)


def drift_rows(
    day: date,
    model: str,
    version: int,
    drifts: Iterable[ColumnDrift],
    raised: Iterable[Key],
    run_id: str,
) -> list[Row]:
    """The rows of one day; ``raised`` are those whose alarm is raised on it."""
    loud = set(raised)
    keys = {"day": day, "model": model, "version": version, "run_id": run_id}
    return [{**asdict(drift), **keys, "raised": drift.key in loud} for drift in drifts]


def write_drift(
    context: RunContext, rows: Sequence[Row], *, days: Sequence[date], model: str, version: int
) -> int | None:
    """Replace the drift of these days and this version; returns the version of the table."""
    scope = f"{_between(days)} AND model = '{model}' AND version = {version}"
    run_id = context.run.run_id
    return replace_records(context.tables, DRIFT, rows, DRIFT_SCHEMA, scope=scope, run_id=run_id)


def performance_rows(
    day: date,
    model: str,
    version: int,
    measured: Iterable[Performance],
    raised: Iterable[str],
    run_id: str,
) -> list[Row]:
    """The rows of one day's predictions by one model version; ``raised`` are the metrics whose
    alarm is raised on it."""
    loud = set(raised)
    keys = {"day": day, "model": model, "version": version, "run_id": run_id}
    return [{**asdict(one), **keys, "raised": one.metric in loud} for one in measured]


def write_performance(
    context: RunContext, rows: Sequence[Row], *, days: Sequence[date], model: str
) -> int | None:
    """Replace the performance of the predictions of these days, by all versions of the model."""
    return replace_records(
        context.tables,
        PERFORMANCE,
        rows,
        PERFORMANCE_SCHEMA,
        scope=f"{_between(days)} AND model = '{model}'",
        run_id=context.run.run_id,
    )


def last_raised(
    context: RunContext, *, before: date, days: int, model: str, version: int
) -> dict[Key, date]:
    """For each column and segment, the last of the ``days`` before ``before`` on which its alarm
    was raised."""
    since = before - timedelta(days=days)
    rows = _raised(context, DRIFT, since, before - _DAY, model, version, ["column", "segment"])
    return {(column, segment): day for column, segment, day in rows}


def last_raised_performance(
    context: RunContext, *, before: date, days: int, model: str, version: int
) -> dict[str, date]:
    """For each metric, the last of the ``days`` before ``before`` on which its alarm was raised."""
    since = before - timedelta(days=days)
    return dict(_raised(context, PERFORMANCE, since, before - _DAY, model, version, ["metric"]))


def _raised(
    context: RunContext,
    table: str,
    first: date,
    last: date,
    model: str,
    version: int,
    keys: list[str],
) -> list[Any]:
    """``keys``, and the newest day on which they were raised."""
    if not context.tables.exists(table):
        return []
    rows = context.tables.read(table)
    if "raised" not in rows.columns:
        return []
    scope = f"{_between([first, last])} AND model = '{model}' AND version = {version}"
    raised = rows.where(f"raised AND {scope}")
    return raised.groupBy(*keys).agg(F.max("day").alias("day")).collect()


def _between(days: Sequence[date]) -> str:
    return f"day >= DATE'{days[0]}' AND day <= DATE'{days[-1]}'"
