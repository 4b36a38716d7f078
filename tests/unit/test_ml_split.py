"""Training and hold-out share no customer, no day and no label period."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from lakehouse.errors import UsageError
from lakehouse.ml.split import Split, choose_days, is_held_out, split

DAY = date(2026, 1, 1)


def frame(customers: int = 60, days: int = 90) -> pd.DataFrame:
    rows = [
        {"customer_id": f"c{c}", "as_of": DAY + timedelta(d), "churned": (c + d) % 2}
        for d in range(days)
        for c in range(customers)
    ]
    return pd.DataFrame(rows)


def parts(rows: pd.DataFrame, **changes: float) -> Split:
    settings = {"test_days": 14, "test_customers": 0.3, "every": 7, "horizon_days": 28}
    return split(rows, entity="customer_id", label="churned", **(settings | changes))


def test_the_sides_share_no_customer() -> None:
    found = parts(frame())
    assert set(found.train["customer_id"]).isdisjoint(found.test["customer_id"])


def test_a_training_label_is_known_on_the_first_test_day() -> None:
    found = parts(frame())
    last, first = found.train["as_of"].max(), found.test["as_of"].min()
    # Days 89, 82 test; 54 is the newest of the same weekday that is 28 days before 82.
    assert (last, first) == (DAY + timedelta(54), DAY + timedelta(82))


def test_an_embargo_is_added_to_the_days_until_labels_are_known() -> None:
    found = parts(frame(), embargo_days=7)
    last, first = found.train["as_of"].max(), found.test["as_of"].min()
    assert (last, first) == (DAY + timedelta(47), DAY + timedelta(82))
    with pytest.raises(UsageError, match=r"of at least 49 days .*28 days and an embargo of 7"):
        parts(frame(days=40), embargo_days=7)


def test_without_a_horizon_no_day_is_in_training_and_hold_out() -> None:
    found = parts(frame(), horizon_days=0)
    assert found.train["as_of"].max() < found.test["as_of"].min()


def test_each_nth_day_is_counted_back_from_the_last_and_chosen_once() -> None:
    days = [DAY + timedelta(d) for d in range(10)]
    once = choose_days(days, 4)
    assert once == [DAY + timedelta(d) for d in (1, 5, 9)]
    assert choose_days(once, 4) == once


def test_order_of_rows_does_not_matter() -> None:
    rows = frame()
    one, other = parts(rows), parts(rows.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(one.train, other.train)
    pd.testing.assert_frame_equal(one.test, other.test)


def test_a_customer_stays_on_its_side() -> None:
    # These values are part of the promise: another hash would move customers between runs.
    held_out = [n for n in range(12) if is_held_out(f"c{n}", 0.3)]
    assert held_out == [3, 9]
    share = sum(is_held_out(n, 0.3) for n in range(5000)) / 5000
    assert share == pytest.approx(0.3, abs=0.02)


def test_too_few_days_are_refused_with_the_number_needed() -> None:
    with pytest.raises(UsageError, match="labels of at least 42 days"):
        parts(frame(days=30))


def test_no_labels_are_refused() -> None:
    with pytest.raises(UsageError, match="no labels at all"):
        parts(frame().head(0))


def test_a_test_side_without_customers_is_refused() -> None:
    with pytest.raises(UsageError, match="the test side has no row"):
        parts(frame(customers=1), test_customers=0.000001)


def test_a_split_with_a_single_class_is_refused() -> None:
    with pytest.raises(UsageError, match="the training side has only labels of 0"):
        parts(frame().assign(churned=0))
