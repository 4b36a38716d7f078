"""Folds that go forward in time: trained on earlier days, validated on later days of other
customers.

Of five groups of customers, the first fold validates group 1 on the first block of days, and the
last fold group 5 on the last block. With days 1 to 6 and a label that is known 2 days later:

====  ======================  ========
fold  trained (other groups)  validated
====  ======================  ========
1     day 1                   day 3
2     day 1                   day 3
3     days 1 and 2            day 4
4     days 1 to 3             day 5
5     days 1 to 4             day 6
====  ======================  ========
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lakehouse.errors import UsageError
from lakehouse.ml.select import Folds

if TYPE_CHECKING:
    from lakehouse.ml.sides import Side
    from lakehouse.ml.split import Problem

LEAST_DAYS = 2
_OTHERWISE = "train with more days, or write training.folds: customer in model.yml"


def forward_folds(by_customer: Folds, rows: Side, gap_days: int, problem: Problem) -> Folds:
    """Cut folds by customer down to earlier and to later days.

    Between the last day that a fold is trained on and the first that it validates there are at
    least ``gap_days``, as in the split: until the labels that it is trained on are known, and the
    embargo. Raises UsageError where there are fewer than two days to validate on, and for the
    ``problem`` of a fold's labels.
    """
    days = np.array(pd.to_datetime(rows.days).dt.date)
    gap = max(gap_days, 1)
    blocks = _blocks(sorted(set(days)), len(by_customer), gap)
    folds = []
    for number, ((train, test), block) in enumerate(zip(by_customer, blocks, strict=True), start=1):
        is_earlier = np.array([(block[0] - day).days >= gap for day in days[train]], dtype=bool)
        fold = (train[is_earlier], test[np.isin(days[test], np.array(block))])
        for what, places in zip(("trained on", "validated on"), fold, strict=True):
            _refuse(what, rows.labels.iloc[places], problem, f"{number} of {len(by_customer)}")
        folds.append(fold)
    return folds


def _blocks(days: Sequence[date], count: int, gap: int) -> list[list[date]]:
    """The days that each of ``count`` folds validates; several share a block of few days."""
    later = [day for day in days if (day - days[0]).days >= gap]
    if len(later) < LEAST_DAYS:
        raise UsageError(
            f"folds: forward needs at least {LEAST_DAYS} days to validate on, {gap} days or more "
            f"after the first one: the training side has {len(days)} days, from {days[0]} to "
            f"{days[-1]}, of which {len(later)} are as late",
            hint=_OTHERWISE,
        )
    blocks = [list(block) for block in np.array_split(np.array(later), min(count, len(later)))]
    return [blocks[number * len(blocks) // count] for number in range(count)]


def _refuse(what: str, labels: pd.Series, problem: Problem, fold: str) -> None:
    found = "no row" if labels.empty else problem(labels)
    if found:
        raise UsageError(
            f"the days and customers that forward fold {fold} is {what} have {found}",
            hint=_OTHERWISE,
        )
