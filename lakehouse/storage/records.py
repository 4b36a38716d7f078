"""Run records: ``ops.runs``, one row per table refresh, and the status file of a call."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from pyspark.sql import functions as F
from pyspark.sql import types as T

from lakehouse.config.places import local_path
from lakehouse.storage import writes
from lakehouse.storage.locks import table_lock
from lakehouse.storage.tables import Tables

RUNS = "ops.runs"

_COLUMNS: dict[str, T.DataType] = {
    "run_id": T.StringType(),
    "pipeline": T.StringType(),
    "step": T.StringType(),
    "table": T.StringType(),
    "date": T.DateType(),
    "status": T.StringType(),
    "rows_input": T.LongType(),
    "rows_read": T.LongType(),
    "rows_written": T.LongType(),
    "rows_quarantined": T.LongType(),
    "rows_superseded": T.LongType(),
    "input_versions": T.StringType(),
    "output_version": T.LongType(),
    "seconds": T.DoubleType(),
    "git_sha": T.StringType(),
    "conf_hash": T.StringType(),
    "start_date": T.DateType(),
    "started_at": T.TimestampType(),
    "message": T.StringType(),
    "rules": T.StringType(),
    "rows_rescued": T.LongType(),
}
SCHEMA = T.StructType([T.StructField(name, kind) for name, kind in _COLUMNS.items()])


def append_runs(tables: Tables, rows: Sequence[dict[str, Any]]) -> None:
    """Append rows to ``ops.runs``."""
    if not rows:
        return
    values = [tuple(row[name] for name in _COLUMNS) for row in rows]
    frame = tables.spark.createDataFrame(values, SCHEMA).coalesce(1)
    with table_lock(tables, RUNS):
        writes.append_records(tables, RUNS, frame)


def recorded_runs(tables: Tables, run_ids: Collection[str]) -> set[tuple[str, str]]:
    """The (run id, table) pairs of these runs that are in ``ops.runs``."""
    if not tables.exists(RUNS):
        return set()
    rows = tables.read(RUNS).where(F.col("run_id").isin(list(run_ids)))
    return {(row[0], row[1]) for row in rows.select("run_id", "table").distinct().collect()}


def write_status(tables: Tables, run_id: str, status: dict[str, Any]) -> None:
    """Write ``<warehouse>/_status/<run_id>.json`` atomically: cluster modes lose exit codes."""
    text = json.dumps(status, indent=1, sort_keys=True, default=str)
    root = local_path(tables.root())
    if root is None:
        folder = f"{tables.root()}/_status/{run_id}.json"
        tables.spark.createDataFrame([(text,)], "value string").coalesce(1).write.text(folder)
        return
    folder_path = root / "_status"
    folder_path.mkdir(parents=True, exist_ok=True)
    partial = folder_path / f".{run_id}.json.part"
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(folder_path / f"{run_id}.json")
