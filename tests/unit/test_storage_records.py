"""``ops.runs`` has one writer at a time, whichever tables a command refreshes."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from lakehouse.config.settings import Settings
from lakehouse.storage.records import SCHEMA, append_runs
from lakehouse.storage.tables import Tables

HOLD = """
import fcntl, os, sys
handle = os.open(sys.argv[1], os.O_RDWR)
fcntl.flock(handle, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def row(run_id: str) -> dict[str, Any]:
    return dict.fromkeys(SCHEMA.fieldNames()) | {"run_id": run_id, "table": "silver.a"}


def test_a_record_waits_for_the_writer_of_another_process(
    spark: SparkSession, tmp_path: Path
) -> None:
    place = tmp_path / "w"
    settings = Settings(pipeline="p", env="test", conf_dir=tmp_path, warehouse=str(place))
    tables = Tables(spark, settings)
    append_runs(tables, [row("first")])
    lock = place / "_locks" / "ops.runs.lock"
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    writer = threading.Thread(target=append_runs, args=(tables, [row("second")]))
    writer.start()
    writer.join(3)
    assert writer.is_alive()
    assert [one.run_id for one in tables.read("ops.runs").collect()] == ["first"]
    other.communicate()
    writer.join(60)
    assert sorted(one.run_id for one in tables.read("ops.runs").collect()) == ["first", "second"]
