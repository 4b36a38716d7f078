"""Drift is found, and only drift: simulated days of 20 features, without Spark.

A day has 500 to 5,000 rows, the training 10,000. A drifting feature is moved so that the PSI of its
population, not of the sample, has the given size.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from population_drift import AREAS, FEATURES, Population

WARN, ALARM = 0.1, 0.25
FOUND = {"warning", "alarm"}
long = pytest.mark.soak


def drifts(
    rng: np.random.Generator, number: int, low: float, high: float
) -> Iterator[tuple[Population, str, float]]:
    """Features moved by a PSI between ``low`` and ``high``, with a new training every ten."""
    made, population = 0, Population.trained(rng)
    while made < number:
        name = str(rng.choice(list(FEATURES)))
        amount = population.amount_for(name, rng.uniform(low, high), int(rng.integers(1 << 30)))
        if amount is None:
            continue
        made += 1
        yield population, name, amount
        if made % 10 == 0:
            population = Population.trained(rng)


def first_day(
    rng: np.random.Generator, drift: tuple[Population, str, float], days: int, levels: set[str]
) -> int | None:
    """The first of ``days`` on which the moved feature has one of ``levels``; None if none does."""
    population, name, amount = drift
    for number in range(1, days + 1):
        if population.level(name, rng, int(rng.integers(500, 5001)), amount) in levels:
            return number
    return None


@pytest.mark.parametrize("number", [50, pytest.param(1000, marks=long)])
def test_a_major_drift_is_found_within_a_day(number: int) -> None:
    rng = np.random.default_rng(41)
    cases = list(drifts(rng, number, ALARM, 0.6))
    found = sum(first_day(rng, case, 1, FOUND) is not None for case in cases)
    alarms = sum(first_day(rng, case, 1, {"alarm"}) is not None for case in cases)
    print(f"PSI 0.25 to 0.6: {found} of {number} found within a day, {alarms} as an alarm")
    assert found >= 0.96 * number
    assert alarms >= 0.9 * number


@pytest.mark.parametrize("number", [50, pytest.param(1000, marks=long)])
def test_a_moderate_drift_is_found_within_seven_days(number: int) -> None:
    rng = np.random.default_rng(42)
    cases = drifts(rng, number, WARN, ALARM)
    found = sum(first_day(rng, case, 7, FOUND) is not None for case in cases)
    print(f"PSI 0.1 to 0.25: {found} of {number} found within seven days")
    assert found >= 0.8 * number


@pytest.mark.parametrize(
    ("days", "least", "most"),
    [(200, 500, 5000), pytest.param(4000, 500, 5000, marks=long), (200, 20, 200)],
)
def test_days_without_drift_raise_no_alarm(days: int, least: int, most: int) -> None:
    rng = np.random.default_rng(43)
    population, alarms = Population.trained(rng), 0
    for number in range(days):
        if number % 50 == 49:
            population = Population.trained(rng)
        rows = int(rng.integers(least, most + 1))
        alarms += any(population.level(name, rng, rows) in FOUND for name in FEATURES)
    print(f"{least} to {most} rows: {alarms} of {days} days with a false alarm in any feature")
    assert alarms <= 0.01 * days


@pytest.mark.parametrize(
    ("days", "least", "most"),
    [(200, 500, 5000), pytest.param(2000, 500, 5000, marks=long), (200, 100, 1000)],
)
def test_segments_add_no_false_alarm(days: int, least: int, most: int) -> None:
    rng = np.random.default_rng(44)
    population, alarms, whole, compared = Population.with_areas(rng), 0, 0, 0
    for number in range(days):
        if number % 50 == 49:
            population = Population.with_areas(rng)
        drifts = population.day(rng, int(rng.integers(least, most + 1)))
        found = [one for one in drifts if one.level in FOUND]
        alarms += bool(found)
        whole += any(one.segment is None for one in found)
        compared += len(drifts)
    print(
        f"{least} to {most} rows, {len(AREAS)} segments, {compared / days:.0f} comparisons a day: "
        f"{alarms} of {days} days with a false alarm, {whole} over all rows"
    )
    assert alarms <= 0.01 * days


@pytest.mark.parametrize("number", [20, pytest.param(300, marks=long)])
def test_a_major_drift_of_one_segment_is_found_within_seven_days(number: int) -> None:
    rng = np.random.default_rng(45)
    population, in_segment, over_all, made = Population.with_areas(rng), 0, 0, 0
    while made < number:
        area, name = str(rng.choice(["south", "east", "west"])), str(rng.choice(list(FEATURES)))
        amount = population.amount_for(name, rng.uniform(ALARM, 0.6), int(rng.integers(1 << 30)))
        if amount is None:
            continue
        made += 1
        found: set[str | None] = set()
        for _ in range(7):
            drifts = population.day(rng, int(rng.integers(1500, 5001)), (area, name, amount))
            found |= {one.segment for one in drifts if one.column == name and one.level in FOUND}
        in_segment += f"area={area}" in found
        over_all += None in found
    print(f"{in_segment} of {number} found within the segment, {over_all} of them over all rows")
    assert in_segment >= 0.9 * number
    assert over_all < 0.5 * in_segment
