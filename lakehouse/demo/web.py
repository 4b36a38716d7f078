"""Web events: sessions of customers, signed in or not, and of unknown visitors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lakehouse.demo import words
from lakehouse.demo.behaviour import Behaviour, Flags, Ints
from lakehouse.demo.feeds import DAY, Clock, Feed, blank_where, codes
from lakehouse.demo.feeds import words as picked

_STRANGERS = 0.25  # sessions of unknown visitors per session of a customer
_SIGNED_IN = 0.8
_COMPLAINT, _ACCOUNT = words.EVENT_TYPES.index("complaint"), words.EVENT_TYPES.index("account")


@dataclass(frozen=True)
class Sessions:
    """One entry per session, by time. Visitors numbered above the customers are unknown."""

    visitor: Ints
    signed_in: Flags
    complains: Flags
    start: Ints


def sessions(
    rng: np.random.Generator, behaviour: Behaviour, clock: Clock, share: float
) -> Sessions:
    """A ``share`` of the simulated sessions, the complaints, and sessions of unknown visitors."""
    visits, complaints = behaviour.sessions, behaviour.complaints
    kept = rng.random(len(visits.day)) < share
    known = int(kept.sum())
    strangers = int(known * _STRANGERS)
    newcomers = len(behaviour.customers) + rng.integers(0, strangers * 3 // 5 + 1, strangers)
    stranger_days = np.sort(rng.integers(0, clock.days, strangers))
    visitor = np.concatenate([visits.customer[kept], complaints.customer, newcomers])
    day = np.concatenate([visits.day[kept], complaints.day, stranger_days])
    complains = np.repeat([False, True, False], [known, len(complaints.day), strangers])
    signed_in = (rng.random(len(day)) < _SIGNED_IN) | complains
    signed_in[len(day) - strangers :] = False
    clocked = 22.8 * rng.beta(4, 2, len(day)) * 3600
    start = day * DAY + clocked.astype(np.int64)
    by_time = np.argsort(start, kind="stable")
    return Sessions(*(column[by_time] for column in (visitor, signed_in, complains, start)))


def web_feed(
    rng: np.random.Generator,
    visits: Sessions,
    people: pa.Array,
    emails: pa.Array,
    clock: Clock,
) -> Feed:
    """Every event of every session. Some account pages contain an e-mail address."""
    size = np.minimum(1 + rng.poisson(1.9, len(visits.start)), 9)
    session = np.repeat(np.arange(len(size)), size)
    step = np.arange(len(session)) - np.repeat(np.cumsum(size) - size, size)
    second = visits.start[session] + step * 45 + rng.integers(0, 40, len(session))
    kind = rng.choice(5, len(session), p=[0.34, 0.42, 0.12, 0.1, 0.02])
    kind = np.where(visits.complains[session] & (step == 0), _COMPLAINT, kind)
    sequence = np.lexsort((session, second))
    session, second, kind = session[sequence], second[sequence], kind[sequence]
    visitor, signed_in = visits.visitor[session], visits.signed_in[session]
    known = np.minimum(visitor, len(people) - 1)
    columns = {
        "event_id": codes("E", np.arange(len(session)) + 1, 9),
        "visitor_id": codes("V", (visitor * 48_271 + 11) % 2_147_483_647, 10),
        "customer_id": blank_where(people.take(pa.array(known)), ~signed_in),
        "session_id": codes("W", session + 1, 8),
        "event_type": picked(words.EVENT_TYPES, kind),
        "page": _pages(rng, kind, emails.take(pa.array(known)), signed_in),
        "occurred_at": clock.texts(second),
        "ip_address": pc.binary_join_element_wise(
            "203.0.113.", pa.array((visitor * 13 + session) % 254 + 1).cast(pa.string()), ""
        ),
        "user_agent": picked(words.USER_AGENTS, visitor % len(words.USER_AGENTS)),
    }
    return Feed("web_events", "json", columns, second // DAY)


def _pages(
    rng: np.random.Generator, kind: Ints, emails: pa.Array, signed_in: NDArray[np.bool_]
) -> pa.Array:
    product = rng.integers(0, len(words.DEPARTMENTS) * 40, len(kind))
    folder = picked(("/c", "/p", "/search", "/basket", "/account", "/contact"), kind)
    pages = pc.binary_join_element_wise(folder, codes("", product, 3), "/")
    pages = pc.if_else(pa.array(kind >= 2), folder, pages)
    leaky = pc.binary_join_element_wise("/account/reset?email=", emails, "")
    return pc.if_else(pa.array((kind == _ACCOUNT) & signed_in), leaky, pages)
