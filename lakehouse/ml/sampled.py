"""How a training side was sampled: by what it is divided, how many rows are kept of each part, and
what its record says."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

import pandas as pd

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.ml.tasks.registry import task_of
from lakehouse.ml.weights import WEIGHT

K = TypeVar("K", bound=Hashable)


def stratum_column(model: ModelDecl) -> str:
    """The label where it is a class, otherwise the day."""
    return model.label_column if task_of(model.task).is_classification else "as_of"


def allocate(rows: Mapping[K, int], most: float) -> dict[K, int]:
    """The rows to keep of each stratum, ``most`` in all.

    Each has an equal part; what a small one leaves over goes to the others. So a rare class is kept
    whole, and the frequent ones are capped: of 40 rows of 1 and 960 of 0, at most 100 rows are the
    40 and 60 of the 960. Each stratum keeps at least one row.
    """
    kept: dict[K, int] = {}
    left = most
    for place, (name, count) in enumerate(sorted(rows.items(), key=lambda item: item[1])):
        kept[name] = min(count, max(int(left // (len(rows) - place)), 1))
        left -= kept[name]
    return kept


def describe_sampling(rows: pd.DataFrame, model: ModelDecl) -> dict[str, Any]:
    """The training rows before and after, in all and by stratum, with the sampling rates.

    The rows before are the sum of the weights, which are the inverse of the rates.
    """
    by_stratum = rows[WEIGHT].groupby(rows[stratum_column(model)].astype(str))
    before, after = by_stratum.sum().round().astype(int), by_stratum.count()
    strata = {
        str(name): {
            "rows_before": int(before[name]),
            "rows_after": int(after[name]),
            "rate": round(float(after[name] / before[name]), 6),
        }
        for name in after.index
    }
    return {
        "max_rows": model.training.max_rows,
        "by": "day" if stratum_column(model) == "as_of" else "label",
        "rows_before": int(before.sum()),
        "rows_after": int(after.sum()),
        "strata": strata,
    }
