"""Run records: ``ops.runs``, one row per table refresh, and the status file of a call."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from pyspark.sql import functions as F
from pyspark.sql import types as T

from lakehouse.config.places import local_path
from lakehouse.storage import writes
from lakehouse.storage.failures import failures_of
from lakehouse.storage.locks import table_lock
from lakehouse.storage.tables import Tables

RUNS = "ops.runs"
_RECORDED = "recorded"
"""The key in a commit's tag of the newest recorded refresh of each table, by its run id."""

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
    "rows_deleted": T.LongType(),
}
SCHEMA = T.StructType([T.StructField(name, kind) for name, kind in _COLUMNS.items()])


def append_runs(tables: Tables, rows: Sequence[dict[str, Any]]) -> None:
    """Append rows to ``ops.runs``.

    The tag of the commit names, for each table, the newest refresh that is recorded, so that the
    next run need not read ``ops.runs`` to find a refresh that a killed run left out.
    """
    if not rows:
        return
    values = [tuple(row[name] for name in _COLUMNS) for row in rows]
    frame = tables.spark.createDataFrame(values, SCHEMA).coalesce(1)
    with failures_of(RUNS), table_lock(tables, RUNS):
        passed = {row["table"]: row["run_id"] for row in rows if row["status"] == "passed"}
        tag = {_RECORDED: _newest_recorded(tables) | passed}
        writes.append_records(tables, RUNS, frame, tag)


def recorded_refreshes(
    tables: Tables, refreshes: Collection[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Those of the refreshes (run id, table) that are in ``ops.runs``.

    Reads the rows only where the tag of the newest commit does not tell.
    """
    newest = {(run_id, table) for table, run_id in _newest_recorded(tables).items()}
    recorded = newest.intersection(refreshes)
    unknown = sorted({run_id for run_id, _ in set(refreshes) - recorded})
    if not unknown or not tables.exists(RUNS):
        return recorded
    with failures_of(RUNS):
        rows = tables.read(RUNS).where(F.col("run_id").isin(unknown)).select("run_id", "table")
        return recorded | {(row[0], row[1]) for row in rows.distinct().collect()}


def _newest_recorded(tables: Tables) -> dict[str, str]:
    """The run id of the newest recorded refresh of each table, from the newest commit's tag."""
    state = tables.state(RUNS)
    commit = state.last_tagged if state is not None else None
    return dict(commit.tag.get(_RECORDED, {})) if commit is not None else {}


def write_status(tables: Tables, run_id: str, status: dict[str, Any]) -> None:
    """Write ``<warehouse>/_status/<run_id>.json`` atomically: cluster modes lose exit codes."""
    text = json.dumps(status, indent=1, sort_keys=True, default=str)
    root = local_path(tables.root())
    if root is None:
        folder = f"{tables.root()}/_status/{run_id}.json"
        tables.spark.createDataFrame([(text,)], "value string").coalesce(1).write.text(folder)
        return
    folder_path = root / "_status"
    with failures_of(str(folder_path)):
        folder_path.mkdir(parents=True, exist_ok=True)
        partial = folder_path / f".{run_id}.json.part"
        partial.write_text(text + "\n", encoding="utf-8")
        partial.replace(folder_path / f"{run_id}.json")
