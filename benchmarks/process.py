"""A command in a process of its own, measured from outside: seconds, processor seconds, memory.

Spark's JVM outlives the Python process that started it. This process adopts it (Linux), so that its
processor time and memory are counted, and so that it has ended before the next command begins.
"""

from __future__ import annotations

import ctypes
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.work import Work, count

_PR_SET_CHILD_SUBREAPER = 36
ROOT = Path(__file__).parents[1]
Json = dict[str, Any]


@dataclass
class Measured:
    """One process. ``seconds`` are the figure's: of the whole process, or those that it printed.

    ``cpu_seconds`` are those of Python and the JVM from start to end, ``driver_seconds`` those of
    them that were not spent in tasks. ``memory_gib`` is the sum of the peaks of both.
    """

    seconds: float
    process_seconds: float
    cpu_seconds: float
    memory_gib: float
    driver_seconds: float = 0.0
    work: Work = field(default_factory=Work)
    printed: Json = field(default_factory=dict)

    def as_json(self) -> Json:
        """For ``build/bench.json``."""
        return asdict(self)


def module(name: str, *arguments: object) -> list[str]:
    """The command of a module of this project."""
    return [sys.executable, "-P", "-m", name, *map(str, arguments)]


def script(name: str, *arguments: object) -> list[str]:
    """The command of a script in this folder, which may run against another checkout."""
    return [sys.executable, "-P", str(Path(__file__).with_name(name)), *map(str, arguments)]


def measure(command: Sequence[str], log: Path, *, checkout: Path = ROOT) -> Measured:
    """Run a command in a checkout of this project, with Spark's event log in the folder ``log``.

    Where the last line of its output is a JSON object with ``seconds``, these are the figure's.
    Raises CalledProcessError where it fails.
    """
    shutil.rmtree(log, ignore_errors=True)
    log.mkdir(parents=True)
    _adopt_orphans()
    begin = time.monotonic()
    process = subprocess.Popen(
        command, cwd=checkout, env=_environment(checkout, log), stdout=subprocess.PIPE, text=True
    )
    out = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss
    for orphan in _reap():
        cpu, memory = cpu + orphan.ru_utime + orphan.ru_stime, memory + orphan.ru_maxrss
    if process.returncode:
        print(out, file=sys.stderr)
        raise subprocess.CalledProcessError(process.returncode, list(command))
    return _measured(_last_json(out), seconds, cpu, memory / 2**20, count(log))


def _measured(printed: Json, seconds: float, cpu: float, memory: float, work: Work) -> Measured:
    return Measured(
        seconds=round(printed.get("seconds", seconds), 2),
        process_seconds=round(seconds, 2),
        cpu_seconds=round(cpu, 2),
        memory_gib=round(memory, 2),
        driver_seconds=round(cpu - work.executor_seconds, 2),
        work=work,
        printed=printed,
    )


def _adopt_orphans() -> None:
    """Make this process the parent of what its children leave behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _reap() -> list[Any]:
    """Wait for all adopted processes to end; their resource usage."""
    usages = []
    while True:
        try:
            usages.append(os.wait3(0)[2])
        except ChildProcessError:
            return usages


def _last_json(out: str) -> Json:
    line = out.strip().rpartition("\n")[2]
    found: Json = json.loads(line) if line.startswith("{") else {}
    return found


def _environment(checkout: Path, log: Path) -> Mapping[str, str]:
    conf = {"enabled": "true", "compress": "false", "dir": f"file://{log}"}
    options = " ".join(
        f"--conf {shlex.quote(f'spark.eventLog.{key}={value}')}" for key, value in conf.items()
    )
    return {
        **os.environ,
        "PYTHONPATH": str(checkout),
        "SPARK_CONF_DIR": str(checkout / "conf" / "spark"),
        "PYSPARK_SUBMIT_ARGS": f"{options} pyspark-shell",
    }
