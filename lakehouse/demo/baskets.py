"""Order lines, with corrections and a department that is renamed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from lakehouse.demo import words
from lakehouse.demo.behaviour import Ints
from lakehouse.demo.feeds import DAY, Clock, Feed, codes, money
from lakehouse.demo.feeds import words as picked
from lakehouse.demo.sales import Orders, late_files

_SKUS = 40  # in each department
_OLD, _NEW = words.DEPARTMENTS.index(words.RENAMED[0]), len(words.DEPARTMENTS)
_DEPARTMENTS = (*words.DEPARTMENTS, words.RENAMED[1])
_REACH = 14 * DAY  # seconds; lines younger than this are sent again with the new name


@dataclass(frozen=True)
class Lines:
    """Versions of order lines; ``product`` is the number of the SKU."""

    order: Ints
    number: Ints
    product: Ints
    department: Ints
    quantity: Ints
    cents: Ints
    ordered: Ints
    updated: Ints

    def where(self, chosen: Ints, **changed: Ints | int) -> Lines:
        """The chosen entries, with some columns replaced."""
        taken = {name: getattr(self, name)[chosen] for name in self.__dataclass_fields__}
        for name, value in changed.items():
            taken[name] = np.broadcast_to(np.asarray(value), len(chosen))
        return Lines(**taken)


def lines(rng: np.random.Generator, sold: Orders, clock: Clock) -> Lines:
    """All versions of all lines, by time."""
    first = _first(rng, sold)
    renamed = renaming_second(clock)
    late = first.department == _OLD
    sent_again = late & (first.ordered < renamed) & (first.ordered >= renamed - _REACH)
    named = replace(
        first, department=np.where(late & (first.ordered >= renamed), _NEW, first.department)
    )
    again = np.flatnonzero(sent_again)
    redated = np.flatnonzero(sold.redated[first.order] & ~sent_again)
    sent_once = ~sent_again & ~sold.redated[first.order]
    wrong = np.flatnonzero((rng.random(len(first.order)) < 0.003) & sent_once)
    parts = [
        named,
        named.where(again, department=_NEW, updated=renamed + first.number[again]),
        named.where(
            redated,
            ordered=first.ordered[redated] - DAY,
            updated=first.ordered[redated] + 26 * 3600,
        ),
        named.where(
            wrong, quantity=first.quantity[wrong] % 3 + 1, updated=first.ordered[wrong] + 28 * 3600
        ),
    ]
    return _by_time(parts, clock)


def renaming_second(clock: Clock) -> int:
    """The second at which the department is renamed."""
    return (clock.days * 6 // 10) * DAY + 5 * 3600


def _first(rng: np.random.Generator, sold: Orders) -> Lines:
    size = np.minimum(1 + rng.poisson(1.3, len(sold)), 8)
    order = np.repeat(np.arange(len(sold)), size)
    number = np.arange(len(order)) - np.repeat(np.cumsum(size) - size, size) + 1
    taste = (sold.customer[order] * 7) % len(words.DEPARTMENTS)
    any_department = rng.integers(0, len(words.DEPARTMENTS), len(order))
    department = np.where(rng.random(len(order)) < 0.4, taste, any_department)
    product = department * _SKUS + (rng.beta(1, 3, len(order)) * _SKUS).astype(np.int64)
    base = 299 + (product * 7919) % 5800
    discount = np.where(rng.random(len(order)) < 0.1, 90, 100)
    return Lines(
        order=order,
        number=number,
        product=product,
        department=department,
        quantity=np.minimum(rng.geometric(0.6, len(order)), 6),
        cents=base * discount // 100,
        ordered=sold.ordered[order],
        updated=sold.ordered[order],
    )


def _by_time(parts: list[Lines], clock: Clock) -> Lines:
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in Lines.__dataclass_fields__
    }
    sequence = np.lexsort((columns["number"], columns["order"], columns["updated"]))
    kept = sequence[columns["updated"][sequence] < clock.days * DAY]
    return Lines(**{name: column[kept] for name, column in columns.items()})


def lines_feed(sent: Lines, clock: Clock) -> Feed:
    """One CSV per day. Lines of the day whose export fails are in the next day's file."""
    day, _ = late_files(sent.updated // DAY, clock)
    columns: dict[str, pa.Array] = {
        "order_id": codes("O", sent.order + 1, 8),
        "line_no": pa.array(sent.number).cast(pa.string()),
        "sku": codes("SKU", sent.product + 1, 4),
        "department": picked(_DEPARTMENTS, sent.department),
        "quantity": pa.array(sent.quantity).cast(pa.string()),
        "unit_price": money(sent.cents),
        "order_date": clock.dates(sent.ordered // DAY),
        "updated_at": clock.texts(sent.updated),
    }
    return Feed("order_lines", "csv", columns, day, one_file_a_day=True)
