"""Forward folds train on earlier days and validate later days of other customers."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from made_up_training import declared, weekly

from lakehouse.errors import UsageError
from lakehouse.ml.candidate_selection import folds_of
from lakehouse.ml.select import Folds
from lakehouse.ml.sides import Side, side, split_frame

HORIZON = 14
FORWARD = {"folds": "forward"}


def training_side(rows: pd.DataFrame) -> Side:
    columns, parts = split_frame(rows, declared(FORWARD), HORIZON)
    return side(parts.train, columns, declared(FORWARD))


def folds(rows: Side, horizon: int = HORIZON) -> Folds:
    return folds_of(declared(FORWARD), rows, horizon)


def test_each_fold_is_validated_a_horizon_later_on_other_customers() -> None:
    rows = training_side(weekly(200, 12))
    known = folds(rows)
    assert len(known) == 5
    assert rows.days is not None
    for train, test in known:
        gap = rows.days.iloc[test].min() - rows.days.iloc[train].max()
        assert gap >= timedelta(HORIZON)
        assert set(rows.customers.iloc[train]).isdisjoint(rows.customers.iloc[test])
    starts = [rows.days.iloc[test].min() for _, test in known]
    assert starts == sorted(starts)
    assert len(set(starts)) == 5
    validated = np.concatenate([test for _, test in known])
    assert len(validated) == len(set(validated))
    # Ten weeks, of which the first two have nothing before them.
    assert set(rows.days.iloc[validated]) == set(sorted(set(rows.days))[2:])


def test_the_embargo_of_the_split_is_between_the_days_of_a_fold() -> None:
    split = {"test_days": 7, "test_customers": 0.4, "every": 7, "embargo": "7 days"}
    rows = training_side(weekly(200, 12))
    assert rows.days is not None
    for train, test in folds_of(declared(FORWARD, split=split), rows, HORIZON):
        gap = rows.days.iloc[test].min() - rows.days.iloc[train].max()
        assert gap >= timedelta(HORIZON + 7)


def test_each_fold_trains_on_all_days_that_were_known() -> None:
    rows = training_side(weekly(200, 12))
    days = sorted(set(rows.days if rows.days is not None else []))
    for train, test in folds(rows):
        assert rows.days is not None
        first = rows.days.iloc[test].min()
        known = {day for day in days if day <= first - timedelta(HORIZON)}
        assert set(rows.days.iloc[train]) == known


def test_the_embargo_of_the_split_is_between_training_and_validation_too() -> None:
    split = {"test_days": 7, "test_customers": 0.4, "every": 7, "embargo": "7 days"}
    model = declared(FORWARD, split=split)
    columns, parts = split_frame(weekly(200, 14), model, HORIZON)
    rows = side(parts.train, columns, model)
    assert rows.days is not None
    for train, test in folds_of(model, rows, HORIZON):
        gap = rows.days.iloc[test].min() - rows.days.iloc[train].max()
        assert gap >= timedelta(HORIZON + 7)


def test_the_table_of_the_docstring() -> None:
    rows = 600
    days = pd.Series(np.tile([date(2026, 1, day) for day in range(1, 7)], rows // 6))
    labels = pd.Series(np.repeat([0, 1, 0], rows // 3))
    made = Side(pd.DataFrame(index=range(rows)), labels, pd.Series(np.arange(rows) // 6), days)
    found = [
        (sorted({d.day for d in days.iloc[train]}), sorted({d.day for d in days.iloc[test]}))
        for train, test in folds(made, 2)
    ]
    assert found == [
        ([1], [3]),
        ([1], [3]),
        ([1, 2], [4]),
        ([1, 2, 3], [5]),
        ([1, 2, 3, 4], [6]),
    ]


def test_too_few_days_are_counted() -> None:
    rows = training_side(weekly(200, 5))
    with pytest.raises(UsageError) as caught:
        folds(rows)
    assert caught.value.message == (
        "folds: forward needs at least 2 days to validate on, 14 days or more after the first one: "
        "the training side has 3 days, from 2026-01-01 to 2026-01-15, of which 1 are as late"
    )


def test_a_fold_of_one_class_is_named() -> None:
    frame = weekly(200, 12)
    early = frame["as_of"] < date(2026, 1, 20)
    rows = training_side(frame.assign(churned=frame["churned"] & ~early))
    with pytest.raises(UsageError, match="forward fold 1 of 5 is trained on have only labels of 0"):
        folds(rows)
