"""A run that is killed with its JVM and is run again gives what an uninterrupted run gives.

``make test`` kills a seeded sample of failpoints; ``make soak`` tries what a kill leaves at every
failpoint and at random moments, and kills the recovery too (see ``stopped_runs``).
"""

from __future__ import annotations

import math
import os
import random
import signal
from collections import defaultdict
from pathlib import Path

import pytest
from crash_scenarios import Scenarios, assert_repeated, sample
from stopped_runs import Left, child, distinct, kill_recovery, leave_at_failpoints, leave_at_moments

SEED = int(os.environ.get("SOAK_SEED", "19"))
KILLS = int(os.environ.get("SOAK_KILLS", "60"))
KILLS_OF_RECOVERY = math.ceil(KILLS / 4)
KILLS_OF_A_RUN = 10
Moment = tuple[int, float]


def test_a_process_that_is_killed_at_a_failpoint_is_repeated(
    tmp_path: Path, scenarios: Scenarios, subtests: pytest.Subtests
) -> None:
    for at, (name, point) in enumerate(sample(scenarios, 4, SEED + 1)):
        with subtests.test(scenario=name, point=point):
            scenario = scenarios[name]
            till = scenario.till.copied(tmp_path / str(at))
            with child(scenario, till, point) as process:
                assert process.wait() == -signal.SIGKILL
            assert_repeated(till, scenario)


@pytest.fixture(scope="module")
def left_at_failpoints(
    tmp_path_factory: pytest.TempPathFactory, scenarios: Scenarios
) -> dict[str, list[tuple[Left, float]]]:
    """By scenario, what a kill at each failpoint of a process leaves, and the seconds since the
    failpoint before."""
    home = tmp_path_factory.mktemp("failpoints")
    return {name: list(leave_at_failpoints(each, home / name)) for name, each in scenarios.items()}


@pytest.mark.soak
def test_what_a_kill_at_each_failpoint_leaves_is_repeated(
    scenarios: Scenarios,
    left_at_failpoints: dict[str, list[tuple[Left, float]]],
    subtests: pytest.Subtests,
) -> None:
    for name, scenario in scenarios.items():
        states = [left for left, _ in left_at_failpoints[name]]
        assert [left.moments for left in states] == [(point,) for point in scenario.points]
        for left in distinct(states):
            with subtests.test(scenario=name, killed=left.moments):
                print(name, left.moments)
                assert_repeated(left.till, scenario)


@pytest.mark.soak
def test_what_a_kill_at_any_moment_leaves_is_repeated(
    tmp_path: Path,
    scenarios: Scenarios,
    left_at_failpoints: dict[str, list[tuple[Left, float]]],
    subtests: pytest.Subtests,
) -> None:
    gaps = {name: [since for _, since in each[1:]] for name, each in left_at_failpoints.items()}
    chosen = random.Random(SEED)
    twice = set(chosen.sample(range(KILLS), KILLS_OF_RECOVERY))
    runs = choose_moments(gaps, chosen)
    tried = 0
    for number, (name, moments) in enumerate(runs):
        scenario, once = scenarios[name], []
        states = list(leave_at_moments(scenario, tmp_path / str(number), moments))
        for left, (at, _) in zip(states, sorted(moments), strict=True):
            if tried in twice:
                again = choose_moment(gaps[name][at:], chosen)
                with subtests.test(scenario=name, killed=left.moments, then=again):
                    print(name, left.moments, again, kill_recovery(scenario, left.till, *again))
                    assert_repeated(left.till, scenario)
            else:
                once.append(left)
            tried += 1
        for left in distinct(once):
            with subtests.test(scenario=name, killed=left.moments):
                print(name, left.moments)
                assert_repeated(left.till, scenario)
    assert tried == KILLS


def choose_moments(
    gaps: dict[str, list[float]], chosen: random.Random
) -> list[tuple[str, list[Moment]]]:
    """Moments by run, of each no more than ``KILLS_OF_A_RUN``; a scenario has as many as it is
    long."""
    names = chosen.choices(list(gaps), [sum(each) for each in gaps.values()], k=KILLS)
    moments: dict[str, list[Moment]] = defaultdict(list)
    for name in names:
        moments[name].append(choose_moment(gaps[name], chosen))
    return [
        (name, each[first : first + KILLS_OF_A_RUN])
        for name, each in moments.items()
        for first in range(0, len(each), KILLS_OF_A_RUN)
    ]


def choose_moment(gaps: list[float], chosen: random.Random) -> Moment:
    """A moment between the first and the last failpoint: the number of one and the seconds after
    it. ``gaps`` has the seconds from each to the next."""
    at = chosen.choices(range(len(gaps)), gaps)[0]
    return at, chosen.uniform(0, gaps[at])
