"""The stores: all in the first file, except one that is added late; two of them change."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lakehouse.demo import words
from lakehouse.demo.feeds import DAY, Clock, Feed

ONLINE = 0
STORES = 12  # numbered 1 to 12; number 0 is the web shop
LATE = 12
_COLUMNS = ("store_id", "store_name", "city", "region", "opened_on", "updated_at")


def late_store_opens(days: int) -> int:
    """The day on which the late store starts to sell, before it is in a stores file."""
    return days // 5


def stores(clock: Clock) -> Feed:
    """A file of all stores on the first day, then one for each day with a change."""
    days = clock.days
    rows = [(0, number, 0) for number in range(STORES + 1) if number != LATE]
    rows += [(day, LATE, 0) for day in [late_store_opens(days) + days // 10] if 0 < day < days]
    rows += [(day, 3, 1) for day in [days // 2] if 0 < day < days]
    rows += [(day, 7, 2) for day in [(days * 7) // 10] if 0 < day < days]
    rows.sort()
    texts = [_row(clock, *row) for row in rows]
    columns = {name: pa.array([row[i] for row in texts]) for i, name in enumerate(_COLUMNS)}
    return Feed("stores", "csv", columns, np.array([row[0] for row in rows]), one_file_a_day=True)


def _row(clock: Clock, day: int, number: int, change: int) -> tuple[str, ...]:
    """``change`` 1: a new name; 2: another sales region."""
    city = words.CITIES[number % len(words.CITIES)]
    region = words.REGIONS[(number + (change == 2)) % len(words.REGIONS)]
    if number == ONLINE:
        name, city = "Web shop", "Leipzig"
    else:
        name = f"{city} {'Arcades' if change == 1 else 'Centre' if number <= 8 else 'Park'}"
    opened = clock.day(late_store_opens(clock.days) if number == LATE else -400 * (number + 1))
    moment = clock.texts(np.array([day * DAY + 6 * 3600 + number]))[0].as_py()
    return (f"S{number:03d}", name, city, region, str(opened), moment)
