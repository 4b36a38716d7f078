"""Simulate, day by day, which customers buy, visit, complain and churn.

Every customer has a rate of orders and visits. A bad experience with an order adds to a grievance
that decays over time. The grievance raises the daily probability that the customer starts to drift
away, and drifting lowers visits and orders a little every day. Some customers come back. A model
sees orders, returns, complaints and visits, but not the grievance or the drift itself, so churn can
be predicted only in part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NEVER = 1_000_000
_WEEKDAYS = np.array([0.85, 0.9, 0.95, 1.0, 1.15, 1.35, 0.8])  # Monday first
_DRIFT_A_DAY = 0.0035
_RETURN_A_DAY = 0.005
_BAD_EXPERIENCE = 0.09


@dataclass(frozen=True)
class Customers:
    """Fixed traits, one entry per customer; days count from the first day of the data."""

    pace: Floats  # orders per day while active
    visits: Floats  # sessions per day while active
    online: Floats  # share of orders on the web site or in the app
    joined: Ints  # negative: before the first day
    erased: Ints  # the day of a request for erasure, or NEVER

    def __len__(self) -> int:
        return len(self.pace)


@dataclass(frozen=True)
class Acts:
    """Acts of customers, one entry per act, in order of days."""

    customer: Ints
    day: Ints
    returned: Flags | None = None


@dataclass(frozen=True)
class Behaviour:
    """All acts of all customers."""

    customers: Customers
    orders: Acts
    sessions: Acts
    complaints: Acts


def simulate(rng: np.random.Generator, *, customers: int, days: int, weekday: int) -> Behaviour:
    """Acts of ``customers`` over ``days``; ``weekday`` of the first day, Monday 0."""
    people = _people(rng, customers, days)
    activity = np.where(rng.random(customers) < 0.08, 0.4, 1.0)
    drifting = activity < 1.0
    grievance = np.zeros(customers)
    orders, returns, sessions, complaints = [], [], [], []
    for day in range(days):
        present = (people.joined <= day) & (day < people.erased)
        week = _WEEKDAYS[(weekday + day) % 7]
        buys = present & (rng.random(customers) < 1 - np.exp(-people.pace * activity * week))
        bad = buys & (rng.random(customers) < _BAD_EXPERIENCE)
        orders.append(np.flatnonzero(buys))
        returns.append((rng.random(customers) < np.where(bad, 0.5, 0.04))[buys])
        sessions.append(_sessions(rng, people, activity, present, buys))
        complaints.append(
            np.flatnonzero((bad & (rng.random(customers) < 0.6)) | _grumbles(rng, present))
        )
        grievance = grievance * 0.94 + bad
        drifting = _drift(rng, drifting, grievance, people)
        activity = np.where(drifting, np.maximum(activity * 0.89, 0.01), activity * 1.2 + 0.02)
        activity = np.minimum(activity, 1.0)
    return Behaviour(
        people, _acts(orders, returns), _acts(sessions), _a_day_later(rng, _acts(complaints), days)
    )


def _people(rng: np.random.Generator, customers: int, days: int) -> Customers:
    late = rng.random(customers) < 0.2
    before = -rng.integers(1, 1200, customers)
    joined = np.where(late, rng.integers(0, max(days, 1), customers), before)
    wish = rng.random(customers) < 0.01
    # No request for erasure on the day of joining.
    erased = np.maximum(rng.integers(0, max(days, 1), customers), joined + 2)
    return Customers(
        pace=np.clip(rng.lognormal(np.log(1 / 8), 0.5, customers), 1 / 28, 0.45),
        visits=np.clip(rng.lognormal(np.log(0.13), 0.6, customers), 0.02, 0.8),
        online=rng.beta(1.3, 1.0, customers),
        joined=joined,
        erased=np.where(wish, erased, NEVER),
    )


def _sessions(
    rng: np.random.Generator, people: Customers, activity: Floats, present: Flags, buys: Flags
) -> Ints:
    visits = rng.poisson(people.visits * (0.08 + 0.92 * activity)) * present
    visits += buys & (rng.random(len(people)) < people.online)
    return np.repeat(np.arange(len(people)), visits)


def _grumbles(rng: np.random.Generator, present: Flags) -> Flags:
    """Random complaints without a bad experience."""
    return present & (rng.random(len(present)) < 0.0008)


def _drift(
    rng: np.random.Generator, drifting: Flags, grievance: Floats, people: Customers
) -> Flags:
    size = len(drifting)
    newcomer = np.where(people.joined >= 0, 1.4, 1.0)
    starts = rng.random(size) < _DRIFT_A_DAY * newcomer * np.exp(1.9 * np.minimum(grievance, 2.0))
    return np.where(drifting, rng.random(size) >= _RETURN_A_DAY, starts)


def _acts(by_day: list[Ints], returned: list[Flags] | None = None) -> Acts:
    days = np.repeat(np.arange(len(by_day)), [len(day) for day in by_day])
    flags = np.concatenate(returned) if returned else None
    return Acts(np.concatenate(by_day).astype(np.int64), days.astype(np.int64), flags)


def _a_day_later(rng: np.random.Generator, acts: Acts, days: int) -> Acts:
    day = acts.day + rng.integers(1, 4, len(acts.day))
    order = np.argsort(day, kind="stable")
    keep = order[day[order] < days]
    return Acts(acts.customer[keep], day[keep])
