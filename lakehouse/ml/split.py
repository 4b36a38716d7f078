"""Split a training frame into training and hold-out, by time and by customer, without leakage."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from lakehouse.errors import UsageError

_OUT_OF = 2**64

Problem = Callable[[pd.Series], str | None]
"""Why the labels of a side cannot be used, such as ``only labels of 0``."""


@dataclass(frozen=True)
class Split:
    """Two frames without a common customer or day, and without overlapping label windows.

    ``not_shown`` says what a hold-out of another kind does not show; empty for this one.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    not_shown: str = ""

    def days(self) -> dict[str, str]:
        """The first and last day of each side, such as ``train_first_day``."""
        ends = {"train": self.train["as_of"], "test": self.test["as_of"]}
        return {
            f"{side}_{end}_day": str(getattr(days, how)())
            for side, days in ends.items()
            for end, how in (("first", "min"), ("last", "max"))
        }


def choose_days(days: Iterable[date], every: int) -> list[date]:
    """Every ``every``-th calendar day, counted back from the last one. Idempotent."""
    known = sorted(set(days))
    return [day for day in known if (known[-1] - day).days % every == 0]


def is_held_out(entity: object, share: float) -> bool:
    """Whether an entity is in the held-out ``share``, by a hash of its key.

    The result is the same in every run and does not depend on other entities.
    """
    digest = hashlib.blake2b(str(entity).encode(), digest_size=8, person=b"test_customers")
    return int.from_bytes(digest.digest(), "big") < share * _OUT_OF


def held_out_rows(entities: pd.Series, share: float) -> pd.Series:
    """Which rows belong to an entity in the held-out ``share``. Each entity is hashed once."""
    people = entities.drop_duplicates()
    return entities.isin(set(people[[is_held_out(person, share) for person in people]]))


def one_class(labels: pd.Series) -> str | None:
    """Both 0 and 1 must be there."""
    return None if labels.nunique() == 2 else f"only labels of {int(labels.iloc[0])}"


def split(
    frame: pd.DataFrame,
    *,
    entity: str,
    label: str,
    test_days: int,
    test_customers: float,
    every: int,
    horizon_days: int,
    embargo_days: int = 0,
    problem: Problem = one_class,
) -> Split:
    """Test: held-out customers on the last ``test_days``. Train: other customers on earlier days.

    ``frame`` has one row per entity and ``as_of``, with a label. The last training day is at least
    ``horizon_days`` (after which a label is known) before the first test day, so that its label was
    known by then, and ``embargo_days`` more. Both frames are sorted by entity and day. Raises
    UsageError where one is empty, or for the ``problem`` of its labels.
    """
    rows = frame.assign(as_of=pd.to_datetime(frame["as_of"]).dt.date)
    rows = rows.sort_values([entity, "as_of"], ignore_index=True)
    days = choose_days(rows["as_of"], every)
    train_days, last_days = days_of_sides(
        days, test_days=test_days, horizon_days=horizon_days, embargo_days=embargo_days
    )
    in_test = held_out_rows(rows[entity], test_customers)
    parts = Split(
        train=rows[~in_test & rows["as_of"].isin(train_days)].reset_index(drop=True),
        test=rows[in_test & rows["as_of"].isin(last_days)].reset_index(drop=True),
    )
    for side, labels in (("training", parts.train[label]), ("test", parts.test[label])):
        _refuse(side, "no row" if labels.empty else problem(labels), days, horizon_days)
    return parts


def days_of_sides(
    days: list[date], *, test_days: int, horizon_days: int, embargo_days: int
) -> tuple[list[date], list[date]]:
    """The days to train on and those to test on, of days in order.

    Raises UsageError where there is no day to train on.
    """
    last_days = [day for day in days if (days[-1] - day).days < test_days]
    gap = horizon_days + embargo_days
    train_days = [day for day in days if last_days and (last_days[0] - day).days >= gap]
    # With a gap of 0 the first test day itself would qualify.
    train_days = [day for day in train_days if day < last_days[0]]
    _refuse_no_training_day(days, train_days, test_days, horizon_days, embargo_days)
    return train_days, last_days


def _refuse_no_training_day(
    days: list[date],
    train_days: list[date],
    test_days: int,
    horizon_days: int,
    embargo_days: int,
) -> None:
    if train_days:
        return
    needed = test_days + max(horizon_days + embargo_days, 1)
    gap = f"a gap of the label's {horizon_days} days"
    gap += f" and an embargo of {embargo_days}" if embargo_days else ""
    known = f"labels from {days[0]} to {days[-1]}" if days else "no labels at all"
    raise UsageError(
        f"no day to train on: there are {known}, and the split needs labels of at least "
        f"{needed} days (test_days {test_days}, then {gap})",
        hint="make features and labels of more days first, or lower split.test_days in model.yml; "
        "data without a calendar is split without test_days",
    )


def _refuse(side: str, what: str | None, days: list[date], horizon_days: int) -> None:
    if what is None:
        return
    until = days[-1] + timedelta(days=horizon_days)
    raise UsageError(
        f"the {side} side has {what}, of labels up to {days[-1]} (data up to {until})",
        hint="train with more days or customers, or change split.test_days or "
        "split.test_customers in model.yml",
    )
