"""The customers' change feed: sign-ups, changes, loyalty tiers, requests for erasure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pyarrow as pa

from lakehouse.demo import words
from lakehouse.demo.behaviour import NEVER, Acts, Behaviour, Ints
from lakehouse.demo.feeds import DAY, Clock, Feed, Row
from lakehouse.demo.people import SEGMENTS, email_of, note_of

_CHANGES_A_DAY = 0.0012

# Second, customer number, kind of change, and a random number for the details.
Event = tuple[int, int, str, int]


def customers(
    rng: np.random.Generator, everyone: list[Row], behaviour: Behaviour, clock: Clock
) -> Feed:
    """The change feed. Nothing is exported on Sundays; those changes are in Monday's file."""
    state = [dict(row) for row in everyone]
    events = sorted(_events(rng, behaviour, clock))
    moments = clock.texts(np.array([second for second, *_ in events])).to_pylist()
    days: list[int] = []
    rows: list[Row] = []
    for (second, number, what, pick), moment in zip(events, moments, strict=True):
        day = _export_day(second // DAY, clock)
        if day < clock.days and _change(state[number], what, pick, number):
            if what not in ("known", "join"):
                state[number]["updated_at"] = moment
            days.append(day)
            rows.append(dict(state[number]))
    columns = {name: pa.array([row[name] for row in rows], pa.string()) for name in everyone[0]}
    return Feed("customers", "json", columns, np.array(days, dtype=np.int64))


def _export_day(day: int, clock: Clock) -> int:
    is_sunday = (clock.start + timedelta(days=day)).weekday() == 6
    return day + 1 if is_sunday and day > 0 else day


def _change(row: Row, what: str, pick: int, number: int) -> bool:
    """Apply the change to the row in place; whether the row changed."""
    before = dict(row)
    if what in ("known", "join"):
        return True
    row["op"] = "D" if what == "erase" else "U"
    if what == "email":
        row["email"] = email_of(str(row["full_name"]).replace(" ", "."), number, pick)
    elif what == "postcode":
        row["postcode"] = f"{10 + pick % 80}{pick // 80 % 1000:03d}"
        row["region"] = words.REGIONS[(10 + pick % 80) % len(words.REGIONS)]
    elif what == "notes":
        row["notes"] = note_of(pick, str(row["phone"]), str(row["email"]))
    elif what in SEGMENTS:
        row["segment"] = what
    has_changed = what == "erase" or {**row, "op": ""} != {**before, "op": ""}
    if not has_changed:
        row["op"] = before["op"]
    return has_changed


def _events(rng: np.random.Generator, behaviour: Behaviour, clock: Clock) -> Iterator[Event]:
    traits = behaviour.customers
    for number, joined in enumerate(traits.joined.tolist()):
        if joined < 0:
            yield 60, number, "known", 0
        else:
            yield joined * DAY + 600, number, "join", 0
    for number in np.flatnonzero(traits.erased != NEVER).tolist():
        yield int(traits.erased[number]) * DAY + 22 * 3600, number, "erase", 0
    yield from _random_changes(rng, behaviour, clock)
    yield from _tiers(behaviour, clock)


def _random_changes(
    rng: np.random.Generator, behaviour: Behaviour, clock: Clock
) -> Iterator[Event]:
    traits = behaviour.customers
    size = rng.poisson(_CHANGES_A_DAY * len(traits) * clock.days)
    what = np.array(["email", "postcode", "notes"])[rng.integers(0, 3, size)]
    number, day = rng.integers(0, len(traits), size), rng.integers(0, clock.days, size)
    second = day * DAY + rng.integers(8 * 3600, 20 * 3600, size)
    present = (traits.joined[number] < day) & (day < traits.erased[number])
    pick = rng.integers(0, 1_000_000, size)
    columns = (column[present].tolist() for column in (second, number, what, pick))
    yield from zip(*columns, strict=True)


def _tiers(behaviour: Behaviour, clock: Clock) -> Iterator[Event]:
    """On the first of a month the loyalty tier is set by the orders of the last 30 days."""
    traits = behaviour.customers
    for day in range(31, clock.days):
        if clock.day(day).day != 1:
            continue
        orders = _orders_between(behaviour.orders, day - 30, day, len(traits))
        present = np.flatnonzero((traits.joined < day - 30) & (day < traits.erased))
        for number in present.tolist():
            tier = SEGMENTS[int(np.digitize(orders[number], [2, 5]))]
            yield day * DAY + 4 * 3600 + number % 600, number, tier, 0


def _orders_between(orders: Acts, first: int, last: int, size: int) -> Ints:
    chosen = orders.customer[(orders.day >= first) & (orders.day < last)]
    return np.bincount(chosen, minlength=size)
