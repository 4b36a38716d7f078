"""Sequences of what happens to a key in thirty deliveries, drawn by Hypothesis.

A step of a sequence is what one delivery says of its key. The deliveries themselves, with their
business days, files, ranges and chunks, are one list for all sequences, so that many sequences are
keys of the same tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar, get_args

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

T = TypeVar("T")
STEPS = 30
LAST_DAY = 24
Kind = Literal[
    "nothing", "new", "repeat", "correction", "late", "early", "delete", "bad", "two pieces"
]
Slot = Literal["first", "second", "late", "early"]
"""A file of a delivery: of its day, another piece of that, of an earlier day, of a later day."""


@dataclass(frozen=True)
class Step:
    """What a delivery says of a key. ``item`` completes the key, ``at`` is the sequence value.

    ``back`` says which of the earlier rows is repeated or corrected.
    """

    kind: Kind
    item: int = 0
    at: int = 1
    value: str | None = None
    back: int = 1


@dataclass(frozen=True)
class Delivery:
    """Files that land together, and the run after it for the days from ``day - span`` to ``day``.

    Days are counted from 0. The late file is of ``day - lag``, the early one of ``day + lead``.
    ``again`` is an earlier file, counted backwards, that is written again with the same content,
    under its own name or under another. ``max_files`` reads the files in chunks.
    """

    day: int
    span: int = 0
    lag: int = 1
    lead: int = 1
    again: tuple[Literal["rewritten", "renamed"], int] | None = None
    max_files: int | None = None


class Row(NamedTuple):
    """A row of a file. Without ``n`` it breaks a rule."""

    key: int
    item: int
    at: int
    value: str | None
    op: str
    n: int | None


Sequence30 = tuple[Step, ...]
SEQUENCES: st.SearchStrategy[Sequence30] = st.lists(
    st.builds(
        Step,
        kind=st.sampled_from(get_args(Kind)),
        item=st.integers(0, 1),
        at=st.integers(1, 5),
        value=st.sampled_from(["a", "b", "c", None]),
        back=st.integers(1, 6),
    ),
    min_size=STEPS,
    max_size=STEPS,
).map(tuple)
DELIVERIES: st.SearchStrategy[list[Delivery]] = st.lists(
    st.builds(
        Delivery,
        day=st.integers(6, LAST_DAY - 5),
        span=st.sampled_from([0, 0, 1, 3]),
        lag=st.integers(1, 6),
        lead=st.integers(1, 5),
        again=st.none() | st.tuples(st.sampled_from(["rewritten", "renamed"]), st.integers(1, 12)),
        max_files=st.sampled_from([None, None, 1, 2]),
    ),
    min_size=STEPS,
    max_size=STEPS,
)


def draw(strategy: st.SearchStrategy[T], count: int, number: int) -> list[T]:
    """As many examples of the strategy, each from a seed of its own: examples of one run of
    Hypothesis are often small changes of each other. ``number`` chooses the seeds."""
    return [_draw(strategy, number * 10_000 + place) for place in range(count)]


def _draw(strategy: st.SearchStrategy[T], number: int) -> T:
    """The last of two examples, since the first one is the simplest of all."""
    examples: list[T] = []

    def keep(example: T) -> None:
        examples.append(example)

    limits = settings(
        max_examples=2, phases=[Phase.generate], database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    drawn: Callable[[], None] = seed(number)(limits(given(strategy)(keep)))
    drawn()
    return examples[-1]


def say(key: int, steps: Sequence[Step]) -> list[list[tuple[Slot, Row]]]:
    """What each delivery says of the key: rows, and the file that each of them is in."""
    earlier: list[Row] = []
    return [_say(key, step, earlier, number) for number, step in enumerate(steps)]


def _say(key: int, step: Step, earlier: list[Row], number: int) -> list[tuple[Slot, Row]]:
    row = Row(key, step.item, step.at, step.value, "U", number)
    known = earlier[-min(step.back, len(earlier))] if earlier else row
    rows: dict[Kind, list[tuple[Slot, Row]]] = {
        "nothing": [],
        "new": [("first", row)],
        "repeat": [("first", known)],
        "correction": [("first", row._replace(item=known.item, at=known.at))],
        "late": [("late", row)],
        "early": [("early", row)],
        "delete": [("first", row._replace(op="D"))],
        "bad": [("first", row._replace(n=None))],
        "two pieces": [("second", row), ("first", row._replace(at=step.at + 1))],
    }
    earlier += [said for _, said in rows[step.kind]]
    return rows[step.kind]


def simpler(steps: Sequence30) -> list[Sequence30]:
    """Simpler sequences: one or two steps alone, and all steps but a few that follow each other."""
    nothing, places = Step("nothing"), range(len(steps))
    kept = [{i, j} for i in places for j in places[i:]]
    kept += [
        set(places) - set(range(i, i + size)) for size in (1, 2, 4, 8, 15) for i in places[::size]
    ]
    blanked = {tuple(s if i in keep else nothing for i, s in enumerate(steps)) for keep in kept}
    return sorted(blanked - {steps}, key=weight)


def weight(steps: Sequence[Step]) -> int:
    """The number of steps that do something."""
    return sum(step.kind != "nothing" for step in steps)
