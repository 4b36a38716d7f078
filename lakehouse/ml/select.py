"""The folds of a cross-validation, and the selection by the one-standard-error rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from lakehouse.errors import UsageError
from lakehouse.ml.candidates import SEED, Candidate

FOLDS = 5
Folds = list[tuple[Any, Any]]


@dataclass(frozen=True)
class Validated:
    """A candidate with its best parameters: mean and standard error of the metric over folds."""

    candidate: Candidate
    params: dict[str, Any]
    mean: float
    se: float

    @property
    def name(self) -> str:
        """The candidate's name."""
        return self.candidate.name


def folds_by_customer(labels: pd.Series, customers: pd.Series) -> Folds:
    """At most five folds without a common customer, stratified by the label.

    Grouped by customer instead of forward in time: rows of one customer on neighbouring days are
    nearly copies, and a short history has too few days for forward folds. The hold-out, which is
    on later days, covers the effect of time. Raises UsageError with fewer than two customers per
    class.
    """
    count = min(FOLDS, *(customers[labels == value].nunique() for value in labels.unique()))
    if count < 2:
        raise UsageError(
            "fewer than two customers of a class to train on",
            hint="train with more customers or days",
        )
    folds = StratifiedGroupKFold(count, shuffle=True, random_state=SEED)
    return list(folds.split(labels, labels, customers))


def simplest_within_one_standard_error(validated: list[Validated]) -> Validated:
    """The first of ``validated`` (simplest first) within one standard error of the best mean."""
    best = max(validated, key=lambda candidate: candidate.mean)
    return next(candidate for candidate in validated if candidate.mean >= best.mean - best.se)
