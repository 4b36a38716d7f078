"""A declared model and sides of made-up rows, for tests of training."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.ml.sides import Side

FIRST_DAY = date(2026, 1, 1)
BASIS: dict[str, Any] = {
    "model": "churn",
    "description": "Who will stop buying",
    "entity": "customer_id",
    "label": "gold.churn_labels.churned",
    "features": {"table": "gold.customer_features"},
    "split": {"test_days": 7, "test_customers": 0.4, "every": 7},
    "scores": {"history": "silver.churn_predictions", "current": "gold.churn_scores"},
    "file": Path("model.yml"),
}


def declared(training: dict[str, Any] | None = None, **others: Any) -> ModelDecl:
    """The model with this ``training`` block and other keys."""
    return ModelDecl.model_validate(BASIS | {"training": training or {}} | others)


def imbalanced(rows: int = 6000, seed: int = 3, shift: float = 4.0) -> Side:
    """About 4 % of label 1, which depend on ``a`` and on ``b`` squared; two rows per customer.
    ``size`` and ``segment`` say nothing."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=rows), rng.normal(size=rows)
    chance = 1 / (1 + np.exp(shift - 1.5 * a - b**2 / 2))
    features = pd.DataFrame(
        {
            "a": a,
            "b": b,
            "size": np.exp(rng.normal(size=rows)),
            "segment": rng.choice(["x", "y", "z"], rows),
        }
    )
    labels = pd.Series((rng.random(rows) < chance).astype(int))
    return Side(features, labels, pd.Series(np.arange(rows) // 2))


def weekly(customers: int, weeks: int, seed: int = 5, *, rate: float = 0.2) -> pd.DataFrame:
    """A training frame: one row per customer and week; ``signal`` tells about ``churned``."""
    rng = np.random.default_rng(seed)
    size = customers * weeks
    signal = rng.normal(size=size)
    shift = np.log((1 - rate) / rate)
    return pd.DataFrame(
        {
            "customer_id": np.repeat([f"c{number:05d}" for number in range(customers)], weeks),
            "as_of": [FIRST_DAY + timedelta(7 * week) for week in range(weeks)] * customers,
            "signal": signal,
            "noise": rng.normal(size=size),
            "churned": rng.random(size) < 1 / (1 + np.exp(shift - 1.5 * signal)),
        }
    )
