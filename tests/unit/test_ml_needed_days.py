"""The days that a plan names are those that the split takes."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from lakehouse.config.model.split import ModelSplit
from lakehouse.errors import UsageError
from lakehouse.ml.forward_folds import forward_folds
from lakehouse.ml.needed_days import missing_days, needed_days
from lakehouse.ml.select import folds_by_customer
from lakehouse.ml.sides import Side
from lakehouse.ml.split import one_class, split

LAST = date(2026, 3, 30)


@pytest.mark.parametrize("every", [1, 3, 7])
@pytest.mark.parametrize("test_days", [1, 8, 14])
@pytest.mark.parametrize(("horizon", "embargo"), [(0, 0), (0, 5), (1, 0), (28, 0), (28, 3)])
def test_a_training_needs_these_days_and_no_fewer(
    every: int, test_days: int, horizon: int, embargo: int
) -> None:
    declared = ModelSplit(
        test_days=test_days, test_customers=0.5, every=every, embargo=f"{embargo} days"
    )
    needed = needed_days(LAST, declared, horizon)

    def divide(days: list[date]) -> tuple[set[date], set[date]]:
        rows = [(f"c{who}", day, who % 2) for day in days for who in range(40)]
        parts = split(
            pd.DataFrame(rows, columns=["who", "as_of", "label"]),
            entity="who", label="label", test_days=test_days, test_customers=0.5, every=every,
            horizon_days=horizon, embargo_days=embargo,
        )  # fmt: skip
        return set(parts.train["as_of"]), set(parts.test["as_of"])

    assert divide(needed.all) == ({needed.train}, set(needed.test))
    with pytest.raises(UsageError, match="no day to train on"):
        divide(list(needed.test))
    later = needed.train + timedelta(days=every)
    assert later in needed.test or (needed.test[0] - later).days < horizon + embargo


@pytest.mark.parametrize(("every", "horizon", "embargo"), [(1, 0, 0), (1, 3, 0), (7, 14, 3)])
def test_forward_folds_need_these_days_and_no_fewer(every: int, horizon: int, embargo: int) -> None:
    declared = ModelSplit(test_days=8, test_customers=0.5, every=every, embargo=f"{embargo} days")
    needed = needed_days(LAST, declared, horizon, forward=True)
    known = sorted({*needed.earlier, needed.train})

    def folds(days: list[date]) -> int:
        frame = pd.DataFrame([(f"c{who}", day, who % 2) for day in days for who in range(40)],
                             columns=["who", "as_of", "label"])  # fmt: skip
        rows = Side(frame[["who"]], frame["label"], frame["who"], frame["as_of"])
        by_customer = folds_by_customer(rows.labels, rows.customers)
        return len(forward_folds(by_customer, rows, horizon + embargo, one_class))

    assert folds(known) == 5
    for gone in known:
        with pytest.raises(UsageError, match="at least 2 days to validate on"):
            folds([day for day in known if day != gone])


def test_days_outside_every_range_are_missing() -> None:
    days = [date(2026, 3, day) for day in (1, 2, 5, 9)]
    ranges = [(date(2026, 3, 2), date(2026, 3, 5))]
    assert missing_days(days, ranges) == [days[0], days[3]]
    assert missing_days(days, []) == days
