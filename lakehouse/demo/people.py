"""Customers' master data: the first row of each customer in the feed."""

from __future__ import annotations

import numpy as np

from lakehouse.demo import words
from lakehouse.demo.behaviour import Behaviour, Ints
from lakehouse.demo.feeds import DAY, Clock, Row

SEGMENTS = ("basic", "plus", "premium")


def customer_id(number: int) -> str:
    """The customer's raw number, as in every source."""
    return f"C{number + 1:06d}"


def people(rng: np.random.Generator, behaviour: Behaviour, clock: Clock) -> list[Row]:
    """The first row of each customer, by customer number. Sign-ups precede the acts of a day."""
    size = len(behaviour.customers)
    picks = rng.integers(0, 1_000_000, (size, 7))
    joined = behaviour.customers.joined * DAY + rng.integers(600, 7 * 3600, size)
    registered = clock.texts(joined).to_pylist()
    tiers = np.digitize(behaviour.customers.pace, [0.09, 0.18])
    return [_person(n, picks[n], registered[n], int(tiers[n])) for n in range(size)]


def _person(number: int, pick: Ints, registered: str, tier: int) -> Row:
    first = words.FIRST_NAMES[pick[0] % len(words.FIRST_NAMES)]
    last = words.LAST_NAMES[pick[1] % len(words.LAST_NAMES)]
    area = 10 + int(pick[2]) % 80
    email = email_of(f"{first}.{last}", number, int(pick[3]))
    phone = f"+49 30 23125 {int(pick[4]) % 1000:03d}"
    return {
        "op": "I",
        "customer_id": customer_id(number),
        "full_name": f"{first} {last}",
        "email": email,
        "phone": phone,
        "birth_date": _birth_date(int(pick[6])),
        "postcode": f"{area}{int(pick[2]) // 80 % 1000:03d}",
        "region": words.REGIONS[area % len(words.REGIONS)],
        "segment": SEGMENTS[tier],
        "registered_at": registered,
        "notes": note_of(int(pick[5]), phone, email) if pick[5] // 100 % 10 < 3 else None,
        "updated_at": registered,
    }


def _birth_date(pick: int) -> str:
    return f"{1940 + pick % 66}-{1 + pick // 66 % 12:02d}-{1 + pick // 792 % 28:02d}"


def email_of(name: str, number: int, pick: int) -> str:
    """An address at a reserved domain, unique by the customer number."""
    domain = words.EMAIL_DOMAINS[pick % len(words.EMAIL_DOMAINS)]
    return f"{name.translate(words.ASCII).lower()}{number + 1}@{domain}"


def note_of(pick: int, phone: str, email: str) -> str:
    """A note of the staff, some with an e-mail address or a phone number."""
    return words.NOTES[pick % len(words.NOTES)].format(phone=phone, email=f"alt.{email}")
