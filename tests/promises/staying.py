"""A model of who stays, trained by hand on the sales of Monday: for tests of monitoring."""

from __future__ import annotations

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from till import Till, sale

from lakehouse.ml.artifact import DIGEST_TAG
from lakehouse.ml.columns import Columns, as_features
from lakehouse.ml.record import record_model
from lakehouse.ml.reference import make_reference
from lakehouse.ml.reference_file import record_reference
from lakehouse.ml.registry import register, tracking

NAME = "tiny_stay"
HISTORY, CURRENT = "silver.stay_predictions", "gold.stay_scores"
ODD = "SELECT customer, count(*) % 2 = 1 AS bought FROM silver.sales GROUP BY customer"
MODEL = """\
model: stay
description: Who stays
entity: customer
label: gold.bought.bought
features: {table: gold.activity}
split: {test_days: 7, test_customers: 0.3, every: 7}
monitoring: {cool_down: 2 days}
scores: {history: silver.stay_predictions, current: gold.stay_scores}
"""
LOADED = ("ingest", "refine", "features")
ALL = (*LOADED, "score", "monitor")
CUSTOMERS = 60


def register_model(till: Till, counts: pd.DataFrame, *, with_reference: bool) -> None:
    """A champion trained on the number of sales, with or without a reference."""
    columns = Columns(numeric=("n",), categorical=())
    features = as_features(counts, columns)
    model = make_pipeline(LogisticRegression()).fit(features, counts["n"] > 2)
    with tracking(till.home / "shop" / "mlflow") as store:
        import mlflow

        with mlflow.start_run(experiment_id=store.experiment(NAME)) as recorded:
            uri, digest = record_model(model, columns)
            scores = model.predict_proba(features)[:, 1]
            reference = make_reference(features, counts["customer"], columns, scores)
            frozen = record_reference(reference)
        version = register(
            NAME,
            model_uri=uri,
            run_id=recorded.info.run_id,
            description="Who stays",
            tags={DIGEST_TAG: digest} | (frozen if with_reference else {}),
        )
        mlflow.MlflowClient().set_registered_model_alias(NAME, "champion", version.version)


def sales(till: Till, day: str, each: int) -> None:
    till.land(
        "sales",
        day,
        *(
            sale(f"S{day}-{customer}-{number}", day, customer=f"C{customer}")
            for customer in range(CUSTOMERS)
            for number in range(each or 1 + customer % 5)
        ),
    )
