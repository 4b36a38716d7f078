"""The runs that are stopped: what each begins from, its failpoints, and what it leaves."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from crashing import (
    REFRESH,
    Content,
    content_of_files,
    declare,
    differences,
    land_monday,
    land_tuesday,
    words,
)
from failpoints import Recorder, commits_of, failpoints, files_beside_tables, unnoticed
from till import MON, TUE, Till

from lakehouse.cli.main import main


@dataclass(frozen=True)
class Scenario:
    """A run of ``day`` from what ``till`` holds: its failpoints, and what it leaves."""

    till: Till
    day: str
    steps: str
    points: tuple[str, ...]
    expected: Content
    unnoticed: tuple[str, ...]

    def words(self, till: Till) -> list[str]:
        """The options of the run in a copy of ``till``."""
        return words(till, self.day, self.steps)


Scenarios = dict[str, Scenario]


def make_scenarios(make_folder: Callable[[str], Path]) -> Scenarios:
    """The first day, which creates the tables, the second, which replaces rows, and a report.

    The report is a run of its own: it takes longer than the tables, and reads them alone.
    """
    first = declare(make_folder("first"))
    land_monday(first)
    second = first.copied(make_folder("second"))
    monday = _record(first, second, MON, REFRESH)
    second = second.copied(make_folder("both"))
    land_tuesday(second)
    third = second.copied(make_folder("third"))
    tuesday = _record(second, third, TUE, REFRESH)
    report = _record(third, third.copied(make_folder("reported")), TUE, "report")
    return {"first": monday, "second": tuesday, "report": report}


def _record(before: Till, till: Till, day: str, steps: str) -> Scenario:
    """Run a day in a copy of ``before``, and note what it does."""
    place, recorder = warehouse(till), Recorder()
    commits, files = commits_of(place), files_beside_tables(place)
    with failpoints(place, recorder):
        assert main(words(till, day, steps)) == 0
    left = unnoticed(place, recorder.points, commits, files)
    points = tuple(map(str, recorder.points))
    return Scenario(before, day, steps, points, content_of_files(place), tuple(left))


def warehouse(till: Till) -> Path:
    return till.home / "shop" / "warehouse"


def sample(scenarios: Scenarios, number: int, seed: int) -> list[tuple[str, str]]:
    """As many failpoints of all scenarios, or all of them, each with its scenario."""
    every = [(name, point) for name, scenario in scenarios.items() for point in scenario.points]
    return random.Random(seed).sample(every, min(number, len(every)))


def assert_repeated(till: Till, scenario: Scenario) -> None:
    """The same command gives what an uninterrupted run gives."""
    assert main(scenario.words(till)) == 0
    assert differences(content_of_files(warehouse(till)), scenario.expected) == []
