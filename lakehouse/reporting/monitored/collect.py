"""Reads ``ops.drift`` and ``ops.performance`` for the page: the newest version, its last days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from lakehouse.config.model.monitoring import ModelMonitoring
from lakehouse.monitoring.records import DRIFT, PERFORMANCE
from lakehouse.reporting.monitored.series import (
    DriftPoint,
    DriftSeries,
    Monitored,
    PerformancePoint,
    PerformanceSeries,
)
from lakehouse.reporting.reader import Reader

DAYS = 90


def monitored(reader: Reader, model: str, thresholds: ModelMonitoring) -> Monitored | None:
    """The last ``DAYS`` days of the version that was compared last; None where none was."""
    if not reader.exists(DRIFT):
        return None
    drift = reader.read(DRIFT).where(F.col("model") == F.lit(model))
    newest = drift.agg(F.max(F.struct("day", "version"))).first()
    if newest is None or newest[0] is None:
        return None
    day, version = newest[0]
    since = day - timedelta(days=DAYS)
    by_column: dict[tuple[str, str], list[DriftPoint]] = {}
    for row in _rows(drift, version).where(F.col("day") > F.lit(since)).orderBy("day").collect():
        point = DriftPoint(row["day"], row["psi"], row["level"])
        by_column.setdefault((row["column"], _segment(row)), []).append(point)
    return Monitored(
        version,
        thresholds.warn,
        thresholds.alarm,
        tuple(
            DriftSeries(column, tuple(points), segment or None)
            for (column, segment), points in sorted(by_column.items())
        ),
        _performance(reader, model, version),
    )


def _rows(frame: DataFrame, version: int) -> DataFrame:
    return frame.where(F.col("version") == F.lit(version))


def _performance(reader: Reader, model: str, version: int) -> tuple[PerformanceSeries, ...]:
    if not reader.exists(PERFORMANCE):
        return ()
    of_model = reader.read(PERFORMANCE).where(F.col("model") == F.lit(model))
    known = _rows(of_model, version).where("value IS NOT NULL")
    newest = known.agg(F.max("day")).first()
    if newest is None or newest[0] is None:
        return ()
    since = newest[0] - timedelta(days=DAYS)
    by_metric: dict[str, list[dict[str, Any]]] = {}
    for row in known.where(F.col("day") > F.lit(since)).orderBy("day").collect():
        by_metric.setdefault(row["metric"], []).append(row.asDict())
    return tuple(_series(name, rows) for name, rows in by_metric.items())


def _series(metric: str, rows: list[dict[str, Any]]) -> PerformanceSeries:
    """Tables of before have neither levels nor the interval of the hold-out."""
    low, high = rows[-1].get("holdout_low"), rows[-1].get("holdout_high")
    points = tuple(
        PerformancePoint(row["day"], row["value"], row["low"], row["high"], row.get("level"))
        for row in rows
    )
    return PerformanceSeries(metric, points, None if low is None or high is None else (low, high))


def _segment(row: Row) -> str:
    """Empty for all rows, also in tables of before, which have no segments."""
    return row.asDict().get("segment") or ""
