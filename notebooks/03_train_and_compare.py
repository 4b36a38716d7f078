# Databricks notebook source
# MAGIC %md
# MAGIC # Train and compare the candidates
# MAGIC Candidates from simple to complex are trained on the same days and customers, and tested
# MAGIC on a hold-out of others. The simplest candidate within one standard error of the best is
# MAGIC registered.
# MAGIC
# MAGIC The next cell opens the pipeline. Its parameters are widgets on Databricks (`pipeline`,
# MAGIC `env`, `conf_dir`, `catalog`, `schema_prefix`, …) and environment variables elsewhere,
# MAGIC such as `LAKEHOUSE_PIPELINE` or `LAKEHOUSE_WAREHOUSE`. Empty parameters keep the setting
# MAGIC in `conf/`.

# COMMAND ----------

import os
from pathlib import Path
from typing import Any

import lakehouse


def parameter(name: str, default: str = "") -> str:
    """Return a widget's value on Databricks, elsewhere the variable LAKEHOUSE_<NAME>."""
    widgets = getattr(globals().get("dbutils"), "widgets", None)
    if widgets is None:
        return os.environ.get(f"LAKEHOUSE_{name.upper()}", default)
    widgets.text(name, default)
    return widgets.get(name)


def show(result: Any) -> None:
    """Display a figure or a table in a notebook; print it as text elsewhere."""
    try:
        display(result)
    except NameError:
        print(result.to_string() if hasattr(result, "to_string") else result, "\n")


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
# MAGIC Trains a model if there is no champion yet or if the parameter `train` is `yes`; in that
# MAGIC case the new version becomes the challenger. Only labels that were known by `date` are
# MAGIC used; the default is the last day with features.

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
# MAGIC The candidates side by side; the difference to the dummy and to the linear model, with a
# MAGIC 95 % interval from resampling customers (an interval that contains 0 shows no difference);
# MAGIC calibration; and permutation importance: how much the metric falls if a feature is
# MAGIC shuffled.

# COMMAND ----------

show(lake.model_card())

# COMMAND ----------

# MAGIC %md
# MAGIC ## Training data

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
# MAGIC `cv_mean` and `cv_se` come from cross-validation on the training customers, the others
# MAGIC from hold-out customers and days that no candidate has seen.

# COMMAND ----------

import pandas as pd

columns = ["name", "cv_mean", "cv_se", "test_roc_auc", "test_average_precision"]
show(pd.DataFrame(champion.candidates)[columns].round(4))
