"""How much the figures of both models depend on the key of the tokens, by which rows are held out.

Trains each model under 20 keys, on frames from ``by_another_way``, which the tests show to equal
those of the library; without Spark:
``PYTHONPATH=.:tests .venv/bin/python tests/online_retail/over_keys.py FOLDER``.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import by_another_way
import pandas as pd

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.pipeline import load_pipeline
from lakehouse.errors import GateFailed
from lakehouse.ml.record import Provenance
from lakehouse.ml.registry import Tracking, tracking
from lakehouse.ml.train import train

CONF = Path(__file__).parents[2] / "conf"
KEYS = 20
DAYS = [date(2011, 5, 7) + timedelta(days=7 * week) for week in (0, 1, 2, 15, 16, 17, 18)]
MODELS = {"online_retail": "roc_auc", "online_retail_spend": "mae"}
COLUMNS = (
    "customer_id", "days_since_last_order", "days_since_first_order", "orders_120d", "orders_30d",
    "order_days_120d", "lines_120d", "units_120d", "revenue_120d", "revenue_30d", "returns_120d",
    "mean_order_value", "mean_gap_days", "segment",
)  # fmt: skip


def frame(folder: Path) -> pd.DataFrame:
    """Features and both labels, one row per plain customer number and day."""
    connection, parts = by_another_way.connect(folder), []
    for day in DAYS:
        rows = pd.DataFrame(by_another_way.customer_features(connection, day), columns=COLUMNS)
        churned = by_another_way.churn_labels(connection, day)
        spend = by_another_way.spend_labels(connection, day)
        rows = rows.merge(pd.DataFrame(churned, columns=["customer_id", "churned"]))
        rows = rows.merge(pd.DataFrame(spend, columns=["customer_id", "spend_90d"]))
        parts.append(rows.assign(as_of=day))
    return pd.concat(parts, ignore_index=True)


def figures(rows: pd.DataFrame, key: str, model: ModelDecl, metric: str, store: Tracking) -> str:
    """The metric and its lead over the rule of thumb with intervals, or the gate that failed."""
    tokens = {name: by_another_way.token(name, key) for name in rows["customer_id"].unique()}
    with_tokens = rows.assign(customer_id=rows["customer_id"].map(tokens))
    columns = [model.entity, "as_of", model.label_column, *(model.features.columns or [])]
    try:
        trained = train(
            with_tokens[columns],
            model,
            tracking=store,
            provenance=Provenance("over_keys"),
            horizon_days=by_another_way.HORIZON_DAYS,
            draws=500,
        )
    except GateFailed as error:
        return error.message
    names = (f"test_{metric}", f"vs_rule_of_thumb_{metric}")
    ends = ("", "_low", "_high")
    return " ".join(f"{trained.metrics[f'{name}{end}']:.4g}" for name in names for end in ends)


def _show(folder: Path) -> None:
    rows = frame(folder)
    with TemporaryDirectory() as place, tracking(Path(place)) as store:
        for pipeline, metric in MODELS.items():
            model = load_pipeline(CONF, pipeline).model
            for number in range(KEYS):
                if model is not None:
                    print(pipeline, figures(rows, f"key {number}", model, metric, store))


if __name__ == "__main__":
    _show(Path(sys.argv[1]))
