"""Orders and their versions: placed, shipped, completed, cancelled, returned, moved, deleted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.demo.behaviour import Behaviour, Flags, Ints
from lakehouse.demo.feeds import DAY, Clock, Feed, codes, words
from lakehouse.demo.shops import LATE, ONLINE, STORES, late_store_opens

STATUSES = ("placed", "shipped", "completed", "cancelled", "returned")
CHANNELS = ("store", "web", "app")
OPERATIONS = ("I", "U", "D")
HOUR = 3600


@dataclass(frozen=True)
class Orders:
    """One entry per order, by time; seconds count from midnight of the first day."""

    customer: Ints
    ordered: Ints
    channel: Ints
    store: Ints
    returned: Flags
    redated: Flags  # the clock of the till was a day ahead; corrected a day later

    def __len__(self) -> int:
        return len(self.customer)


@dataclass(frozen=True)
class Versions:
    """Versions of orders: the order, its values, and the time of the version."""

    order: Ints
    operation: Ints
    status: Ints
    store: Ints
    ordered: Ints
    updated: Ints


def orders(rng: np.random.Generator, behaviour: Behaviour, clock: Clock) -> Orders:
    """The orders of the simulated behaviour."""
    customer, day = behaviour.orders.customer, behaviour.orders.day
    size = len(customer)
    clocked = (8 + 13.9 * rng.beta(2, 2, size)) * HOUR
    online = rng.random(size) < behaviour.customers.online[customer]
    channel = np.where(online, 1 + (rng.random(size) < 0.35), 0)
    home = customer % STORES + 1
    store = np.where(rng.random(size) < 0.85, home, rng.integers(1, STORES + 1, size))
    opened = day >= late_store_opens(clock.days)
    store = np.where((store == LATE) & ~opened, 1, store)
    by_time = np.argsort(day * DAY + clocked.astype(np.int64), kind="stable")
    returned = behaviour.orders.returned
    unsorted = Orders(
        customer,
        day * DAY + clocked.astype(np.int64),
        channel,
        np.where(online, ONLINE, store),
        returned if returned is not None else np.zeros(size, dtype=np.bool_),
        ~online & (rng.random(size) < 0.001) & (day > 0),
    )
    return Orders(*(getattr(unsorted, name)[by_time] for name in unsorted.__dataclass_fields__))


def versions(rng: np.random.Generator, sold: Orders, clock: Clock) -> Versions:
    """Every version of every order before the end of the data, by time."""
    size, number = len(sold), np.arange(len(sold))
    online = sold.channel > 0
    fate = rng.random(size)
    cancelled = online & (fate < 0.05)
    moved, deleted = ~online & (fate < 0.006), ~online & (fate > 0.9985)
    goes_on = online & ~cancelled
    regretted = sold.ordered + rng.integers(HOUR, 16 * HOUR, size)
    shipped = sold.ordered + rng.integers(18 * HOUR, 50 * HOUR, size)
    completed = shipped + rng.integers(20 * HOUR, 70 * HOUR, size)
    done = np.where(online, completed, sold.ordered)
    back = done + rng.integers(3 * DAY, 12 * DAY, size)
    other = sold.store % STORES + 1
    other = np.where((other == LATE), 1, other)
    first = np.where(online, 0, 2)
    steps: list[tuple[Flags, int, Ints | int, Ints, Ints, Ints]] = [
        (number >= 0, 0, first, sold.store, sold.ordered, sold.ordered),
        (cancelled, 1, 3, sold.store, sold.ordered, regretted),
        (goes_on, 1, 1, sold.store, sold.ordered, shipped),
        (goes_on, 1, 2, sold.store, sold.ordered, completed),
        (moved & ~deleted, 1, 2, other, sold.ordered, sold.ordered + 30 * HOUR),
        (sold.redated & ~moved, 1, 2, sold.store, sold.ordered - DAY, sold.ordered + 26 * HOUR),
        (sold.returned & ~cancelled & ~moved & ~deleted & ~sold.redated, 1, 4, sold.store,
         sold.ordered, back),
        (deleted & ~sold.redated, 2, 2, sold.store, sold.ordered, sold.ordered + 20 * HOUR),
    ]  # fmt: skip
    return _by_time([_version(size, *step) for step in steps], clock)


def _version(size: int, which: Flags, operation: int, *values: Ints | int) -> Versions:
    chosen = np.flatnonzero(which)
    picked = [np.broadcast_to(np.asarray(value), size)[chosen] for value in (operation, *values)]
    return Versions(chosen, *picked)


def _by_time(parts: list[Versions], clock: Clock) -> Versions:
    columns = [
        np.concatenate([getattr(part, name) for part in parts])
        for name in Versions.__dataclass_fields__
    ]
    order, updated = columns[0], columns[-1]
    sequence = np.lexsort((order, updated))
    kept = sequence[updated[sequence] < clock.days * DAY]
    return Versions(*(column[kept] for column in columns))


def orders_feed(sold: Orders, sent: Versions, people: pa.Array, clock: Clock) -> Feed:
    """The orders' change feed. The export of one day fails; its rows are in a late file."""
    day, late = late_files(sent.updated // DAY, clock)
    sequence = np.lexsort((np.arange(len(day)), late, day))
    customers = pa.array(sold.customer[sent.order])
    columns = {
        "op": words(OPERATIONS, sent.operation),
        "order_id": codes("O", sent.order + 1, 8),
        "customer_id": people.take(customers),
        "store_id": codes("S", sent.store, 3),
        "channel": words(CHANNELS, sold.channel[sent.order]),
        "status": words(STATUSES, sent.status),
        "ordered_at": clock.texts(sent.ordered),
        "updated_at": clock.texts(sent.updated),
    }
    chosen = pa.array(sequence)
    taken = {name: pc.take(values, chosen) for name, values in columns.items()}
    return Feed("orders", "json", taken, day[sequence], late[sequence])


def late_files(day: Ints, clock: Clock) -> tuple[Ints, Ints]:
    """The day of each row's file, and the day on which it was missing (-1: not late)."""
    failed = (clock.days * 45) // 100
    is_late = (day == failed) & (failed > 0) & (failed + 1 < clock.days)
    return np.where(is_late, day + 1, day), np.where(is_late, day, -1)
