"""The run record: ``ops.runs``, a row for each table refresh, and the status file of a call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import types as T

from lakehouse.storage import writes
from lakehouse.storage.tables import Tables, is_local

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
}
SCHEMA = T.StructType([T.StructField(name, kind) for name, kind in _COLUMNS.items()])


def append_runs(tables: Tables, rows: Sequence[dict[str, Any]], *, run_id: str, step: str) -> None:
    """Add the rows of a step to ``ops.runs``; the last write of the step."""
    if not rows:
        return
    values = [tuple(row[name] for name in _COLUMNS) for row in rows]
    frame = tables.spark.createDataFrame(values, SCHEMA).coalesce(1)
    writes.append(tables, RUNS, frame, {"run_id": run_id, "step": step})


def write_status(tables: Tables, run_id: str, status: dict[str, Any]) -> None:
    """``<warehouse>/_status/<run_id>.json``, whole or not at all: cluster modes lose exit codes."""
    text = json.dumps(status, indent=1, sort_keys=True, default=str)
    if not is_local(tables.settings.warehouse):
        folder = f"{tables.root()}/_status/{run_id}.json"
        tables.spark.createDataFrame([(text,)], "value string").coalesce(1).write.text(folder)
        return
    folder_path = Path(tables.root()) / "_status"
    folder_path.mkdir(parents=True, exist_ok=True)
    partial = folder_path / f".{run_id}.json.part"
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(folder_path / f"{run_id}.json")
