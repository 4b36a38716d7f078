"""Writers of one table at the same time, in threads of a process or in processes.

Each commit adds a row of its own, counts up a row that all writers share, and is recorded in
``ops.runs``, with the writes and locks of the library.

``python writers.py WAREHOUSE create``, ``… write WRITER COMMITS`` and ``… contents`` are processes
of their own; the last one prints what ``contents`` returns, as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from lakehouse.config.settings import Settings
from lakehouse.storage import writes
from lakehouse.storage.failures import is_conflict
from lakehouse.storage.locks import is_lockable, table_lock
from lakehouse.storage.records import RUNS, SCHEMA, append_runs
from lakehouse.storage.session import spark_session, tune_for_small_tables
from lakehouse.storage.tables import Tables

TABLE = "silver.shared"
COUNTER = "counter"
ROWS = "k string, n int"
UPSERT = "WHEN MATCHED THEN UPDATE SET t.n = t.n + s.n WHEN NOT MATCHED THEN INSERT *"
ATTEMPTS = 200


def tables_at(warehouse: Path | str, spark: SparkSession, catalog: str | None = None) -> Tables:
    settings = Settings(pipeline="p", env="test", conf_dir=Path("conf"), warehouse=str(warehouse))
    if catalog:
        settings = settings.model_copy(update={"catalog": catalog, "schema_prefix": "shared_"})
    return Tables(spark, settings)


def create(tables: Tables) -> None:
    """The table with its counter at 0, and a first record."""
    writes.overwrite(tables, TABLE, _rows(tables, (COUNTER, 0)), {"run_id": "first"})
    append_runs(tables, [_record("first")])


def contents(tables: Tables) -> dict[str, list[Any]]:
    """The rows of the table, and the run ids of its commits and of ``ops.runs``."""
    return {
        "rows": sorted([row["k"], row["n"]] for row in tables.read(TABLE).collect()),
        "commits": sorted(commit.tag["run_id"] for commit in tables.commits(TABLE)),
        "records": sorted(row["run_id"] for row in tables.read(RUNS).select("run_id").collect()),
    }


def commit_all(tables: Tables, writer: str, commits: int) -> None:
    """As many commits, alternately an append and a MERGE that counts them."""
    tune_for_small_tables(tables.spark)
    for number in range(commits):
        run_id = f"{writer}-{number}"
        with table_lock(tables, TABLE):
            write = _append if number % 2 else _merge
            write(tables, run_id)
        append_runs(tables, [_record(run_id)])


def _append(tables: Tables, run_id: str) -> None:
    row = _rows(tables, (run_id, 1))
    if is_lockable(tables):
        writes.append(tables, TABLE, row, {"run_id": run_id})
        return
    for _ in range(ATTEMPTS):
        state = tables.state(TABLE)
        version = state.version if state else None
        if writes.append_after(tables, TABLE, row, {"run_id": run_id}, version=version):
            return
    raise TimeoutError(run_id)


def _merge(tables: Tables, run_id: str) -> None:
    rows = _rows(tables, (run_id, 1), (COUNTER, 1))
    for _ in range(ATTEMPTS):
        try:
            writes.merge(tables, TABLE, rows, on=["k"], clauses=UPSERT, tag={"run_id": run_id})
        except Exception as problem:
            # Only where no lock keeps the others away; a run fails then, and is run again.
            if is_lockable(tables) or not is_conflict(problem):
                raise
        else:
            return
    raise TimeoutError(run_id)


def _rows(tables: Tables, *rows: tuple[str, int]) -> Any:
    return tables.spark.createDataFrame(list(rows), ROWS).coalesce(1)


def _record(run_id: str) -> dict[str, Any]:
    row = dict.fromkeys(SCHEMA.fieldNames())
    return row | {"run_id": run_id, "table": f"silver.{run_id}", "status": "passed"}


if __name__ == "__main__":
    place, what, *words = sys.argv[1:]
    shared = tables_at(place, spark_session(Path("conf"), places=[place]))
    if what == "create":
        create(shared)
    elif what == "write":
        commit_all(shared, words[0], int(words[1]))
    else:
        print(json.dumps(contents(shared)))
