# Databricks notebook source
# MAGIC %md
# MAGIC # Train, and compare the candidates
# MAGIC Candidates from simple to complex are trained on the same days and customers, and tested on
# MAGIC others. The simplest within one standard error of the best is registered.
# MAGIC
# MAGIC The next cell opens the pipeline. Its parameters are widgets on Databricks (`pipeline`,
# MAGIC `env`, `conf_dir`, `catalog`, `schema_prefix`, …); elsewhere they are environment variables
# MAGIC prefixed with `LAKEHOUSE_`, such as `LAKEHOUSE_PIPELINE` or `LAKEHOUSE_WAREHOUSE`. What is
# MAGIC left empty is as in `conf/`.

# COMMAND ----------

import os
from pathlib import Path
from typing import Any

import lakehouse


def parameter(name: str, default: str = "") -> str:
    """A widget's value on Databricks, elsewhere the environment variable LAKEHOUSE_<NAME>."""
    widgets = getattr(globals().get("dbutils"), "widgets", None)
    if widgets is None:
        return os.environ.get(f"LAKEHOUSE_{name.upper()}", default)
    widgets.text(name, default)
    return widgets.get(name)


def show(shown: Any) -> None:
    """A figure or a table: drawn in a notebook, elsewhere as text."""
    try:
        display(shown)
    except NameError:
        print(shown.to_string() if hasattr(shown, "to_string") else shown, "\n")


places = ("landing", "warehouse", "mlflow", "reports", "catalog", "schema_prefix")
lake = lakehouse.open(
    parameter("pipeline", "retail"),
    env=parameter("env", "dev"),
    conf_dir=parameter("conf_dir", "conf" if Path("conf").is_dir() else "../conf"),
    **{name: value for name in places if (value := parameter(name))},
)
print(f"{lake.name}: {lake.description}")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Train
# MAGIC Trains when there is no champion yet, or when `train` is `yes`; the new version then becomes
# MAGIC the challenger. Only labels that were known by `date` count: by default the last day with
# MAGIC features.

# COMMAND ----------

from pyspark.sql import functions as F

last = lake.read(lake.model.features.table).agg(F.max("as_of")).first()[0]
before = lake.champion()
if before is None or parameter("train") == "yes":
    trained = lake.run("train", date=parameter("date") or last)
    print(f"{trained.name} v{trained.version}: {trained.candidate}")
else:
    print(f"{before.name} v{before.version} is the champion")

# COMMAND ----------

# MAGIC %md
# MAGIC ## The champion
# MAGIC Its candidates side by side, its lead over the dummy and the linear model with the 95 %
# MAGIC interval over whole customers (an interval that holds 0 shows no lead), its scores against
# MAGIC what came true, and how much the metric falls when a feature is shuffled.

# COMMAND ----------

show(lake.model_card())

# COMMAND ----------

# MAGIC %md
# MAGIC ## What it was trained on

# COMMAND ----------

champion = lake.champion()
print(f"{champion.name} v{champion.version}, {champion.tags['chosen']}, run {champion.run_id}")
print("trained on the Delta versions", champion.tags["input_versions"])
data = champion.dataset
for side in ("train", "test"):
    days = f"{data[f'{side}_first_day']} to {data[f'{side}_last_day']}"
    size = f"{data[f'{side}_rows']:,} rows of {data[f'{side}_customers']:,} customers"
    print(f"{side:5}  {days}  {size}, {data[f'{side}_label_rate']:.1%} positive")

# COMMAND ----------

# MAGIC %md
# MAGIC ## The candidates in numbers
# MAGIC `cv_mean` and `cv_se` are from cross-validation on the training customers; the others are
# MAGIC from the test on customers and days that no candidate has seen.

# COMMAND ----------

import pandas as pd

columns = ["name", "cv_mean", "cv_se", "test_roc_auc", "test_average_precision"]
show(pd.DataFrame(champion.candidates)[columns].round(4))
