# Databricks notebook source
# MAGIC %md
# MAGIC # Train, and compare the candidates
# MAGIC Candidates from simple to complex learn from the same days and customers, and are tested on
# MAGIC others. The simplest within one standard error of the best is registered.
# MAGIC
# MAGIC The next cell opens the pipeline. Its parameters are widgets on Databricks (`pipeline`,
# MAGIC `env`, `conf_dir`, `catalog`, `schema_prefix`, …); elsewhere they are environment variables
# MAGIC with `LAKEHOUSE_` in front, such as `LAKEHOUSE_PIPELINE` or `LAKEHOUSE_WAREHOUSE`. What is
# MAGIC left empty is as in `conf/`.

# COMMAND ----------

import os
from pathlib import Path
from typing import Any

import lakehouse


def asked(name: str, default: str = "") -> str:
    """A widget's value on Databricks, elsewhere the environment variable LAKEHOUSE_<NAME>."""
    widgets = getattr(globals().get("dbutils"), "widgets", None)
    if widgets is None:
        return os.environ.get(f"LAKEHOUSE_{name.upper()}", default)
    widgets.text(name, default)
    return widgets.get(name)


def show(rows: Any) -> None:
    """A table: Databricks' display where it is, elsewhere plain text."""
    if "display" in globals():
        globals()["display"](rows)
    elif hasattr(rows, "to_string"):
        print(rows.to_string(), "\n")
    else:
        rows.show(40, truncate=40)


places = ("landing", "warehouse", "mlflow", "reports", "catalog", "schema_prefix")
lake = lakehouse.open(
    asked("pipeline", "retail"),
    env=asked("env", "dev"),
    conf_dir=asked("conf_dir", "conf" if Path("conf").is_dir() else "../conf"),
    **{name: value for name in places if (value := asked(name))},
)
pipeline = lake.context.pipeline
print(f"{pipeline.name}: {pipeline.info.description}")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Train
# MAGIC Trains when there is no champion yet, or when `train` says `yes`; then the new version
# MAGIC becomes the challenger. Labels that were known by `date` count: the last day with features,
# MAGIC unless one is named.

# COMMAND ----------

from pyspark.sql import functions as F

from lakehouse.ml.registry import champion, tracking

last = lake.read(pipeline.model.features.table).agg(F.max("as_of")).first()[0]

name = f"{pipeline.name}_{pipeline.model.model}"
with tracking(lake.context.settings.mlflow):
    before = champion(name)
if before is None or asked("train") == "yes":
    trained = lake.run("train", date=asked("date") or last)
    print(f"{trained.name} v{trained.version}: {trained.candidate}")
else:
    print(f"{name} v{before.version} is the champion")

# COMMAND ----------

# MAGIC %md
# MAGIC ## What MLflow knows of the champion

# COMMAND ----------

import tempfile

import pandas as pd

from lakehouse.ml.run_summary import summarize_run

with tracking(lake.context.settings.mlflow), tempfile.TemporaryDirectory() as folder:
    known = summarize_run(champion(name), folder=Path(folder))
print(f"{known.name} v{known.version}, {known.tags['chosen']}, run {known.run_id}")
print("trained on the Delta versions", known.tags["input_versions"])
data = known.dataset
for side in ("train", "test"):
    days = f"{data[f'{side}_first_day']} to {data[f'{side}_last_day']}"
    size = f"{data[f'{side}_rows']:,} rows of {data[f'{side}_customers']:,} customers"
    print(f"{side:5}  {days}  {size}, {data[f'{side}_label_rate']:.1%} positive")

# COMMAND ----------

# MAGIC %md
# MAGIC ## The candidates
# MAGIC `cv_mean` and `cv_se` are cross-validation on the training customers; the others are from
# MAGIC the test: customers and days that nobody has seen.

# COMMAND ----------

columns = ["name", "cv_mean", "cv_se", "test_roc_auc", "test_average_precision"]
show(pd.DataFrame(known.candidates)[columns].round(4))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Against the baselines
# MAGIC The difference to the dummy and to the linear model, with its 95 % interval over whole
# MAGIC customers. An interval that holds 0 says: not shown to be better.

# COMMAND ----------

differences = [
    (
        baseline,
        metric,
        *(known.metrics[f"vs_{baseline}_{metric}{end}"] for end in ("_low", "", "_high")),
    )
    for baseline in ("dummy", "linear")
    for metric in ("roc_auc", "average_precision")
    if f"vs_{baseline}_{metric}" in known.metrics
]
show(pd.DataFrame(differences, columns=["against", "metric", "low", "difference", "high"]).round(4))

# COMMAND ----------

# MAGIC %md
# MAGIC ## What it looks at
# MAGIC How much the metric falls when a feature is shuffled.

# COMMAND ----------

importance = pd.Series(known.importance, name="importance").sort_values(ascending=False)
show(importance.head(10).round(4).to_frame())
