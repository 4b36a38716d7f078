"""A run that ends before or after any of its side effects and is run again gives what an
uninterrupted run gives: by an exception in this process, and by SIGKILL of a process and its JVM.

``make test`` tries a seeded sample; ``make soak`` tries every failpoint, and kills at random
moments.
"""

from __future__ import annotations

import math
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from crashing import Content, content, declare, differences, land_monday, land_tuesday, words
from failpoints import (
    Recorder,
    StopAt,
    Stopped,
    commits_of,
    failpoints,
    files_beside_tables,
    unnoticed,
)
from pyspark.sql import SparkSession
from till import MON, TUE, Till

from lakehouse.cli.main import main

SEED = int(os.environ.get("SOAK_SEED", "19"))
KILLS = int(os.environ.get("SOAK_KILLS", "60"))
KILLS_OF_RECOVERY = math.ceil(KILLS / 4)
ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("killed_run.py")


@dataclass(frozen=True)
class Scenario:
    """A run of ``day`` from what ``till`` holds: its failpoints, and what it leaves."""

    till: Till
    day: str
    points: tuple[str, ...]
    expected: Content
    unnoticed: tuple[str, ...]


@pytest.fixture(scope="module")
def scenarios(
    tmp_path_factory: pytest.TempPathFactory, spark: SparkSession, privacy_key: str
) -> dict[str, Scenario]:
    """The first day, which creates the tables, and the second, which replaces rows."""
    first = declare(tmp_path_factory.mktemp("first"))
    land_monday(first)
    recorded = first.copied(tmp_path_factory.mktemp("recorded"))
    monday = record(first, recorded, MON, spark)
    second = recorded.copied(tmp_path_factory.mktemp("second"))
    land_tuesday(second)
    tuesday = record(second, second.copied(tmp_path_factory.mktemp("both")), TUE, spark)
    return {"first": monday, "second": tuesday}


def record(before: Till, till: Till, day: str, spark: SparkSession) -> Scenario:
    """Run a day in a copy of ``before``, and note what it does."""
    place, recorder = warehouse(till), Recorder()
    commits, files = commits_of(place), files_beside_tables(place)
    with failpoints(place, recorder):
        assert main(words(till, day)) == 0
    left = unnoticed(place, recorder.points, commits, files)
    points = tuple(map(str, recorder.points))
    return Scenario(before, day, points, content(till.shop(spark)), tuple(left))


def warehouse(till: Till) -> Path:
    return till.home / "shop" / "warehouse"


def sample(scenarios: dict[str, Scenario], number: int, seed: int) -> list[tuple[str, str]]:
    """As many failpoints of both scenarios, or all of them, each with its scenario."""
    every = [(name, point) for name, one in scenarios.items() for point in one.points]
    return random.Random(seed).sample(every, min(number, len(every)))


def test_each_commit_and_file_of_a_run_has_a_failpoint(scenarios: dict[str, Scenario]) -> None:
    for scenario in scenarios.values():
        assert scenario.unnoticed == ()
        assert len(set(scenario.points)) == len(scenario.points)
    touched = {point.split()[2] for one in scenarios.values() for point in one.points}
    assert touched >= {
        *("bronze.sales", "silver.sales", "silver.newest", "silver.history", "gold.daily"),
        *("gold.ranked", "gold.activity", "silver.sales__replaced", "ops.files", "ops.runs"),
        *("quarantine.silver_sales", "quarantine.silver_history", "_status/*.json"),
        "reports/*.html",
    }


@pytest.mark.parametrize(
    "number", [8, pytest.param(sys.maxsize, marks=pytest.mark.soak)], ids=["sample", "every"]
)
def test_a_run_that_ends_at_a_failpoint_is_repeated(
    tmp_path: Path,
    spark: SparkSession,
    scenarios: dict[str, Scenario],
    subtests: pytest.Subtests,
    number: int,
) -> None:
    for at, (name, point) in enumerate(sample(scenarios, number, SEED)):
        with subtests.test(scenario=name, point=point):
            scenario, stop = scenarios[name], StopAt(point)
            till = scenario.till.copied(tmp_path / str(at))
            with failpoints(warehouse(till), stop), pytest.raises(Stopped):
                main(words(till, scenario.day))
            assert stop.is_reached
            assert_repeated(till, scenario, spark)


def assert_repeated(till: Till, scenario: Scenario, spark: SparkSession) -> None:
    """The same command gives what an uninterrupted run gives."""
    assert main(words(till, scenario.day)) == 0
    assert differences(content(till.shop(spark)), scenario.expected) == []


@pytest.mark.parametrize(
    "number", [4, pytest.param(sys.maxsize, marks=pytest.mark.soak)], ids=["sample", "every"]
)
def test_a_process_that_is_killed_at_a_failpoint_is_repeated(
    tmp_path: Path,
    spark: SparkSession,
    scenarios: dict[str, Scenario],
    subtests: pytest.Subtests,
    number: int,
) -> None:
    for at, (name, point) in enumerate(sample(scenarios, number, SEED + 1)):
        with subtests.test(scenario=name, point=point):
            scenario = scenarios[name]
            till = scenario.till.copied(tmp_path / str(at))
            with child(till, scenario.day, point) as process:
                assert process.wait() == -signal.SIGKILL
            assert_repeated(till, scenario, spark)


@pytest.mark.soak
def test_a_process_that_is_killed_at_any_moment_is_repeated(
    tmp_path: Path,
    spark: SparkSession,
    scenarios: dict[str, Scenario],
    subtests: pytest.Subtests,
) -> None:
    moments = random.Random(SEED)
    seconds = {name: time_run(tmp_path / name, one) for name, one in scenarios.items()}
    for at in range(KILLS):
        name = moments.choice(sorted(scenarios))
        scenario, times = scenarios[name], [moments.uniform(0, seconds[name])]
        if at < KILLS_OF_RECOVERY:
            times.append(moments.uniform(0, seconds[name]))
        with subtests.test(scenario=name, seconds=times):
            till = scenario.till.copied(tmp_path / str(at))
            ends = [kill_after(till, scenario.day, moment) for moment in times]
            print(f"{name}: of {seconds[name]:.1f} s, killed at {times}: {ends}")
            assert_repeated(till, scenario, spark)


def time_run(home: Path, scenario: Scenario) -> float:
    """The seconds of an uninterrupted process."""
    begin = time.monotonic()
    with child(scenario.till.copied(home), scenario.day) as process:
        assert process.wait() == 0
    return time.monotonic() - begin


def kill_after(till: Till, day: str, seconds: float) -> str:
    """Kill the process group of a run; whether it was still running, and the commits that it had
    made."""
    with child(till, day) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
    assert code in (0, -signal.SIGKILL)
    return f"exit {code}, {commits_of(warehouse(till)).total()} commits"


@contextmanager
def child(till: Till, day: str, point: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """``lakehouse run`` in a process group of its own, which is killed at ``point``."""
    command = [sys.executable, str(CHILD), str(warehouse(till)), point, *words(till, day)]
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
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
