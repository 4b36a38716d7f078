# Databricks notebook source
# MAGIC %md
# MAGIC # Score, and report
# MAGIC The champion's predictions for a day, what they come to by segment and decile, and the page
# MAGIC that tells it. Running this again changes nothing.
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
# MAGIC ## Score
# MAGIC The last day that has features, unless `date` names another one.

# COMMAND ----------

from datetime import date

from pyspark.sql import functions as F

model = pipeline.model
last = lake.read(model.features.table).agg(F.max("as_of")).first()[0]
day = date.fromisoformat(asked("date")) if asked("date") else last
for outcome in lake.run("score", date=day):
    print(f"{outcome.table:28} {outcome.status:8} {outcome.rows_written:>8,} {outcome.message}")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Who is scored, by which version
# MAGIC The history keeps a row for each customer, day and version.

# COMMAND ----------

by = ["as_of", "model_name", "model_version"]
history = lake.read(model.scores.history).groupBy(*by)
show(
    history.agg(
        F.count("*").alias("customers"), F.round(F.avg("probability"), 4).alias("mean")
    ).orderBy(*by)
)

# COMMAND ----------

# MAGIC %md
# MAGIC ## The scores
# MAGIC Customers by tenth of probability.

# COMMAND ----------

scores = lake.read(model.scores.current)
tenth = F.least(F.floor(F.col("probability") * 10), F.lit(9)).alias("tenth")
for row in scores.groupBy(tenth).count().orderBy("tenth").collect():
    low = row["tenth"] / 10
    bar = "#" * max(1, round(60 * row["count"] / max(scores.count(), 1)))
    print(f"{low:.1f} to {low + 0.1:.1f}  {row['count']:>7,}  {bar}")

# COMMAND ----------

# MAGIC %md
# MAGIC ## What it comes to
# MAGIC The gold tables that read the scores.

# COMMAND ----------

for table in pipeline.gold_in_order(phase="score"):
    print(f"{table.table}: {table.description}")
    show(lake.read(table.table).orderBy(*table.keys))

# COMMAND ----------

# MAGIC %md
# MAGIC ## The report
# MAGIC One page that needs no network: open it in a browser.

# COMMAND ----------

lake.run("report", date=day)
print(Path(lake.context.settings.reports) / "index.html")
