"""Registered versions of a small model, and frames with what they know."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from mlflow.entities.model_registry import ModelVersion
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.ml.artifact import DIGEST_TAG
from lakehouse.ml.columns import Columns, as_features
from lakehouse.ml.record import record_model
from lakehouse.ml.registry import Tracking, register
from lakehouse.refresh.promotions import Signature

DAYS = [date(2026, 1, 1) + timedelta(7 * week) for week in range(6)]
HORIZON = 14
DECL = ModelDecl(
    model="churn",
    description="Who will stop buying",
    entity="customer_id",
    label="gold.churn_labels.churned",
    features={"table": "gold.customer_features"},
    split={"test_days": 7, "test_customers": 0.5, "every": 7},
    scores={"history": "silver.churn_predictions", "current": "gold.churn_scores"},
    file=Path("model.yml"),
)


def training_rows(customers: int = 400) -> pd.DataFrame:
    """One row per customer and week: ``strong`` tells much about the label, ``weak`` little."""
    rng = np.random.default_rng(5)
    size = customers * len(DAYS)
    strong, weak = rng.normal(size=size), rng.normal(size=size)
    chance = 1 / (1 + np.exp(-(2.0 * strong + 0.5 * weak)))
    return pd.DataFrame(
        {
            "customer_id": np.repeat([f"c{number:04d}" for number in range(customers)], len(DAYS)),
            "as_of": DAYS * customers,
            "strong": strong,
            "weak": weak,
            "churned": rng.random(size) < chance,
        }
    )


def register_model(
    store: Tracking,
    name: str,
    feature: str,
    *,
    share: float = 0.5,
    until: str = "2026-01-22",
    definition: str = "",
) -> ModelVersion:
    """A version that knows one feature, with the parameters that its training run would have."""
    import mlflow

    columns, rows = Columns(numeric=(feature,), categorical=()), training_rows()
    model = make_pipeline(LogisticRegression())
    model.fit(as_features(rows, columns), rows["churned"].astype(int))
    with mlflow.start_run(experiment_id=store.experiment(name)) as run:
        mlflow.log_params({"split_test_customers": share, "train_last_day": until})
        uri, digest = record_model(model, columns)
    return register(
        name,
        model_uri=uri,
        run_id=run.info.run_id,
        description="For tests",
        tags={DIGEST_TAG: digest, "features_definition": definition},
    )


def signed(run_id: str) -> Signature:
    """A decision of Ann's."""
    return Signature(run_id, "shop", "ann", datetime(2026, 6, 1, 12, tzinfo=UTC))
