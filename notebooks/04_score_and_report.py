# Databricks notebook source
# MAGIC %md
# MAGIC # Score and report
# MAGIC The champion scores the customers of a day. The history keeps every prediction. The gold
# MAGIC tables and the report read the current scores.
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
# MAGIC ## Score
# MAGIC Scores the last day with features, unless the parameter `date` names another one.

# COMMAND ----------

from datetime import date

from pyspark.sql import functions as F

model = lake.model
last = lake.read(model.features.table).agg(F.max("as_of")).first()[0]
day = date.fromisoformat(parameter("date")) if parameter("date") else last
for outcome in lake.run("score", date=day):
    print(f"{outcome.table:28} {outcome.status:8} {outcome.rows_written:>8,} {outcome.message}")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Predictions by version
# MAGIC The history has one row per customer, day and model version.

# COMMAND ----------

by = ["as_of", "model_name", "model_version"]
customers, mean = F.count("*").alias("customers"), F.round(F.avg("probability"), 4).alias("mean")
history = lake.read(model.scores.history).groupBy(*by).agg(customers, mean)
show(history.orderBy(*by).toPandas())

# COMMAND ----------

# MAGIC %md
# MAGIC ## The scores
# MAGIC The distribution of the probabilities, and the gold tables that read them.

# COMMAND ----------

show(lake.figure("scores"))

# COMMAND ----------

# MAGIC %md
# MAGIC ## The report
# MAGIC A single page that needs no network. Open it in a browser.

# COMMAND ----------

lake.run("report", date=day)
print(lake.report_file)
