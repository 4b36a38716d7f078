# Databricks notebook source
# MAGIC %md
# MAGIC # Point-in-time features
# MAGIC The features of a past day are based on what was known on that day, not on what is known
# MAGIC now. This notebook shows the difference, the features of one day, and the share of
# MAGIC positive labels by day.
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
# MAGIC ## The day
# MAGIC The last day with a label, unless the parameter `date` names another one.

# COMMAND ----------

from datetime import date

from pyspark.sql import functions as F

model = lake.model
features, labels = model.features.table, model.label_table
last_labelled = lake.read(labels).agg(F.max("as_of")).first()[0]
day = date.fromisoformat(parameter("date")) if parameter("date") else last_labelled
print(f"{features} as of {day}")

# COMMAND ----------

# MAGIC %md
# MAGIC ## What was known on the day, and what is known now
# MAGIC The source of the features as known on the day, compared with the same table now. Rows
# MAGIC that differ were changed later. A feature that sees such a change leaks future data.

# COMMAND ----------

source = lake.declaration(lake.declaration(features).source)
then = lake.read(source.table, as_of=day)
now = lake.read(source.table)
if source.write == "scd2":
    now = now.where("is_current")
shared = [
    name
    for name in then.columns
    if name in now.columns and name not in ("valid_from", "known_from")
]
then, now = then.select(*shared), now.select(*shared)
changed = then.exceptAll(now)
print(f"{source.table}: {then.count():,} rows known on {day}, {now.count():,} now;")
print(f"{changed.count():,} of the former were changed later")
show(changed.limit(5).toPandas())

# COMMAND ----------

# MAGIC %md
# MAGIC ## The features of the day

# COMMAND ----------

rows = lake.read(features, as_of=day)
kinds = dict(rows.dtypes)
numeric = [
    name
    for name, kind in kinds.items()
    if kind in ("int", "bigint", "double", "float") or "decimal" in kind
]
summary = rows.select(*numeric).summary("count", "mean", "min", "50%", "max")
show(summary.toPandas().set_index("summary").T)
for name in (name for name, kind in kinds.items() if kind == "string" and name != model.entity):
    show(rows.groupBy(name).count().orderBy(F.desc("count")).limit(10).toPandas())

# COMMAND ----------

# MAGIC %md
# MAGIC ## Labels by day
# MAGIC The share of positive labels. Investigate any jump from one day to the next before
# MAGIC training.

# COMMAND ----------

positive = F.avg(F.col(model.label_column).cast("double"))
by_day = lake.read(labels).groupBy("as_of")
balance = by_day.agg(F.count("*").alias("labelled"), F.round(positive, 4).alias("share"))
show(balance.orderBy(F.desc("as_of")).limit(20).toPandas())

# COMMAND ----------

# MAGIC %md
# MAGIC ## The training frame
# MAGIC Features joined with the label of the same customer and day, and the mean of each feature
# MAGIC for both values of the label, as a first look at how the two groups differ.

# COMMAND ----------

frame = lake.training_frame(model.model)
print(f"{frame.count():,} rows, {frame.select('as_of').distinct().count()} days")
means = [
    F.round(F.avg(F.col(name).cast("double")), 3).alias(name)
    for name in numeric
    if name != model.entity
]
show(frame.groupBy(model.label_column).agg(*means).toPandas().set_index(model.label_column).T)

# COMMAND ----------

# MAGIC %md
# MAGIC ## The gold tables
# MAGIC Gold tables on the same silver tables, as the report draws them.

# COMMAND ----------

show(lake.figure("gold"))
