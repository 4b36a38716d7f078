"""Runs in processes of their own that are killed, or are stopped and copied.

A process group that is stopped (SIGSTOP) writes nothing, so its folders are what SIGKILL would
leave: the operating system keeps what a process wrote. A copy is made of them, the group goes on,
and so one run stands for a kill at each of its failpoints, or at many moments. The copy of a run
is compared with what is there after a run was really killed (``leave_at_moments``).
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from crash_scenarios import Scenario, warehouse
from till import Till

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("killed_run.py")
STATES_OF_THE_STOPPED = frozenset("TZX")
POLL = 0.002
Process = subprocess.Popen[bytes]


@dataclass(frozen=True)
class Left:
    """What kills at these moments leave, in a folder of its own."""

    till: Till
    moments: tuple[str, ...]


@contextmanager
def child(scenario: Scenario, till: Till, point: str = "") -> Iterator[Process]:
    """``lakehouse run`` in a process group of its own; see ``killed_run.py`` for ``point``. It is
    killed in the end."""
    command = [sys.executable, str(PROGRAM), str(warehouse(till)), point, *scenario.words(till)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        kill(process)


def kill(process: Process) -> int:
    """Kill the process group, and return how the process ended."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def stop(process: Process) -> None:
    """Stop each thread of the process group."""
    os.killpg(process.pid, signal.SIGSTOP)
    while not STATES_OF_THE_STOPPED.issuperset(_thread_states(process.pid)):
        time.sleep(POLL)


def go_on(process: Process) -> None:
    os.killpg(process.pid, signal.SIGCONT)


def is_at_failpoint(process: Process, seconds: float = float("inf")) -> bool:
    """Wait until the run stops at a failpoint; False where it has ended, or the time is over."""
    until = time.monotonic() + seconds
    options = os.WSTOPPED | os.WEXITED | os.WNOWAIT | os.WNOHANG
    while time.monotonic() < until:
        change = os.waitid(os.P_PID, process.pid, options)
        if change is not None:
            return change.si_code == os.CLD_STOPPED
        time.sleep(POLL)
    return False


def leave_at_failpoints(scenario: Scenario, home: Path) -> Iterator[tuple[Left, float]]:
    """What a kill at each failpoint of a run leaves, and the seconds since the one before it."""
    till, points = scenario.till.copied(home / "run"), iter(scenario.points)
    with child(scenario, till, "every") as process:
        begin = time.monotonic()
        while is_at_failpoint(process):
            seconds, point = time.monotonic() - begin, next(points)
            stop(process)
            yield Left(till.copied(home / point.replace("/", "_")), (point,)), seconds
            begin = time.monotonic()
            go_on(process)
        assert process.wait() == 0


def leave_at_moments(
    scenario: Scenario, home: Path, moments: Collection[tuple[int, float]]
) -> Iterator[Left]:
    """What kills at moments of one run leave: so many seconds after a failpoint, by its number.

    A next failpoint that comes sooner is the moment, and so is the end of the run. At the last of
    them the run is really killed, and its folders are compared with their copy.
    """
    till, number, ran = scenario.till.copied(home / "run"), -1, 0.0
    with child(scenario, till, "every") as process:
        for count, (at, seconds) in enumerate(sorted(moments), start=1):
            while number < at and is_at_failpoint(process):
                number, ran = number + 1, 0.0
                go_on(process)
            is_at_next = is_at_failpoint(process, seconds - ran)
            with suppress(ProcessLookupError):
                stop(process)
            left = Left(till.copied(home / str(count)), (f"{seconds:.3f} s after {at}",))
            if count == len(moments):
                kill(process)
                assert fingerprint(till) == fingerprint(left.till)
            else:
                number, ran = (number + 1, 0.0) if is_at_next else (number, seconds)
                go_on(process)
            yield left


def kill_recovery(scenario: Scenario, till: Till, failpoint: int, seconds: float) -> str:
    """Run the same command again and kill it, so many seconds after a failpoint by its number.

    Returns how that run ended.
    """
    with child(scenario, till, "every") as process:
        for _ in range(failpoint + 1):
            if is_at_failpoint(process):
                go_on(process)
        is_at_failpoint(process, seconds)
        code = kill(process)
    assert code in (0, -signal.SIGKILL)
    return f"exit {code}"


def distinct(states: Iterable[Left]) -> list[Left]:
    """The states without those that are equal (see ``fingerprint``), with the moments of these."""
    kept: dict[str, Left] = {}
    for state in states:
        key = fingerprint(state.till)
        moments = (*kept[key].moments, *state.moments) if key in kept else state.moments
        kept[key] = Left(kept[key].till if key in kept else state.till, moments)
    return list(kept.values())


def fingerprint(till: Till) -> str:
    """A hash of the names and contents of all files and folders, but for locks.

    What a lock holds is compared only with what the same process has read from it.
    """
    digest = hashlib.sha256()
    for file in sorted(file for file in till.home.rglob("*") if file.parent.name != "_locks"):
        content = file.read_bytes() if file.is_file() else b""
        digest.update(f"{file.relative_to(till.home)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _thread_states(group: int) -> set[str]:
    """The state of each thread of the processes of a group, as /proc has it (T: stopped)."""
    states = set()
    for file in Path("/proc").glob("[0-9]*/task/[0-9]*/stat"):
        with suppress(OSError):
            state, _, owner = file.read_text().rpartition(")")[2].split()[:3]
            states |= {state} if int(owner) == group else set()
    return states
