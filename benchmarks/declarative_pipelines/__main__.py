"""``python -m benchmarks.declarative_pipelines``: what docs/adr/0001 says of Spark's pipelines.

Builds a table of 100,000 rows and an aggregate with ``spark-pipelines`` and with this library,
adds 0.1 % rows, runs both again, and counts what was written. Then tries AUTO CDC on Delta.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyspark
from pyspark import pipelines

from benchmarks.declarative_pipelines.files import ADDED, DAYS, ROWS, add_rows, first_rows
from lakehouse.api import open_lakehouse

HERE = Path(__file__).parent
WORK = Path("build/bench/declarative").resolve()
BIN = Path(sys.executable).parent


def main() -> None:
    """Measure, print, and write ``build/declarative.json``."""
    shutil.rmtree(WORK, ignore_errors=True)
    first_rows(WORK / "landing")
    found: dict[str, Any] = {
        "spark": pyspark.__version__,
        "rows": ROWS,
        "added": ADDED,
        "words": sorted(pipelines.__all__),
        "expectations": [word for word in pipelines.__all__ if "expect" in word],
    }
    _settings()
    found["build"] = {"pipelines": _pipelines("views"), "library": _library(DAYS[0])}
    add_rows(WORK / "landing")
    _note(found)
    found["again"] = {"pipelines": _pipelines("views"), "library": _library(DAYS[1])}
    found["again_with_format"] = _pipelines("views", form="delta")["error"]
    found["auto_cdc_on_delta"] = _pipelines("changes")["error"]
    found["auto_cdc_history"] = _pipelines("history")["error"]
    _note(found)
    print(json.dumps(found, indent=1))


def _note(found: dict[str, Any]) -> None:
    Path("build/declarative.json").write_text(json.dumps(found, indent=1) + "\n")


def _settings() -> None:
    """Spark's settings here, and a catalog that outlives a process: pipelines need one."""
    conf = WORK / "spark"
    conf.mkdir(parents=True)
    for name in ("log4j2.properties", "spark-env.sh"):
        shutil.copy(Path("conf/spark") / name, conf)
    ours = Path("conf/spark/spark-defaults.conf").read_text()
    # A master beside Connect's address is refused; the catalog in memory forgets its tables.
    others = ("spark.master", "spark.sql.warehouse.dir", "spark.sql.catalogImplementation")
    kept = [line for line in ours.splitlines() if not line.startswith(others)]
    more = [
        "spark.sql.catalogImplementation hive",
        "spark.sql.sources.default delta",
        f"spark.sql.warehouse.dir file://{WORK}/pipelines",
        "spark.hadoop.javax.jdo.option.ConnectionURL "
        f"jdbc:derby:;databaseName={WORK}/metastore;create=true",
        "spark.hadoop.datanucleus.schema.autoCreateAll true",
        "spark.hadoop.hive.metastore.schema.verification false",
    ]
    (conf / "spark-defaults.conf").write_text("\n".join([*kept, *more]) + "\n")


def _pipelines(name: str, form: str = "") -> dict[str, Any]:
    """One run of ``spark-pipelines``: whole seconds, each table's commits, the error if any."""
    folder = WORK / name
    shutil.copytree(HERE / name, folder / "definitions", dirs_exist_ok=True)
    (folder / "spark-pipeline.yml").write_text(
        f"name: {name}\nstorage: file://{folder}/storage\n"
        "libraries:\n  - glob:\n      include: definitions/**\n"
        f"configuration:\n  bench.landing: {WORK}/landing\n"
        f'  bench.format: "{form}"\n'
    )
    env = {**os.environ, "SPARK_CONF_DIR": str(WORK / "spark"), "PYSPARK_PYTHON": sys.executable}
    spec = str(folder / "spark-pipeline.yml")
    command = [str(BIN / "spark-pipelines"), "run", "--remote", "local[*]", "--spec", spec]
    begin = time.monotonic()
    done = subprocess.run(
        command, cwd=WORK, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    seconds = round(time.monotonic() - begin, 1)
    (folder / "log.txt").write_text(done.stdout)
    tables = sorted((WORK / "pipelines").glob("*/_delta_log"))
    return {
        "seconds": seconds,
        "commits": {log.parent.name: _commits(log) for log in tables},
        "error": _error(done.stdout) if done.returncode else None,
    }


def _commits(log: Path) -> list[str]:
    """Every commit of a table so far: the operation and the rows it wrote."""
    found = []
    for file in sorted(log.glob("*.json")):
        entries = [json.loads(line) for line in file.read_text().splitlines()]
        info = next(entry["commitInfo"] for entry in entries if "commitInfo" in entry)
        rows = info.get("operationMetrics", {}).get("numOutputRows")
        found.append(info["operation"] + (f" {rows}" if rows else ""))
    return found


def _error(output: str) -> str:
    """The error conditions in the output, each once, or its last lines."""
    named = re.findall(r"\[([A-Z][A-Z0-9_.]{8,})\]([^\n]*)", output)
    # Spark's own remark on its client's settings, in every run.
    named = [one for one in named if one[0] != "CANNOT_MODIFY_STATIC_CONFIG"]
    return "; ".join(dict.fromkeys(f"{name}:{words}" for name, words in named)) or output[-400:]


_LIBRARY = """
import json, sys, time
from benchmarks.declarative_pipelines.__main__ import run_library
print(json.dumps(run_library(sys.argv[1], sys.argv[2])))
"""


def _library(day: str) -> dict[str, Any]:
    key = WORK / "privacy.key"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_text(secrets.token_hex(32))
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _LIBRARY, day, str(key)],
        env={**os.environ, "SPARK_CONF_DIR": str(Path("conf/spark").resolve())},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seconds = round(time.monotonic() - begin, 1)
    return {"seconds": seconds, "tables": json.loads(done.stdout.splitlines()[-1])}


def run_library(day: str, key: str) -> dict[str, Any]:
    """The same tables by this library, for a day: seconds and rows written by table."""
    lake = open_lakehouse("sales", conf_dir=HERE / "conf", privacy_key=f"${{file:{key}}}")
    outcomes = lake.run("run", date=day, steps=["ingest", "refine", "aggregate"])
    return {one.table: {"rows": one.rows_written, "seconds": one.seconds} for one in outcomes}


if __name__ == "__main__":
    main()
