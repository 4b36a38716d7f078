"""Which days of features and labels a training needs, by the calendar alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from lakehouse.config.model.split import ModelSplit


@dataclass(frozen=True)
class NeededDays:
    """The days of the hold-out, and the last day that can be trained on.

    ``train`` is that day and no other: a training takes every earlier one that it finds.
    ``earlier`` are the fewest that forward folds need before it.
    """

    test: tuple[date, ...]
    train: date
    earlier: tuple[date, ...] = ()

    @property
    def all(self) -> list[date]:
        """The fewest days for a training, ascending."""
        return sorted({*self.earlier, self.train, *self.test})


def needed_days(
    last_label: date, split: ModelSplit, horizon_days: int, *, forward: bool = False
) -> NeededDays:
    """The days that a training needs whose newest label is of ``last_label``.

    As in ``ml.split``: the hold-out are the last ``test_days``, every n-th day counted back from
    the last; the last day to train on is at least ``horizon_days``, after which a label is known,
    and the embargo before the first of them. A split by entity alone needs one day. ``forward``
    folds validate two days, of which the first is as far from a day before it.
    """
    if split.test_days is None:
        return NeededDays((last_label,), last_label)
    every = timedelta(days=split.every)
    test = [last_label]
    while (last_label - (test[0] - every)).days < split.test_days:
        test.insert(0, test[0] - every)
    gap = horizon_days + split.embargo_days
    train = _last_before(test[0], every, gap)
    first = train - every
    earlier = (_last_before(first, every, gap), first) if forward else ()
    return NeededDays(tuple(test), train, earlier)


def _last_before(day: date, every: timedelta, gap: int) -> date:
    """The last chosen day before ``day`` that is at least ``gap`` days earlier."""
    before = day - every
    while (day - before).days < gap:
        before -= every
    return before


def missing_days(needed: list[date], ranges: list[tuple[date, date]]) -> list[date]:
    """Those of the days that lie in none of the ranges (first, last)."""
    return [day for day in needed if not any(first <= day <= last for first, last in ranges)]
