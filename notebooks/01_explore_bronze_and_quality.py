# Databricks notebook source
# MAGIC %md
# MAGIC # Bronze and data quality
# MAGIC Which rows arrived, which values did not fit their declared type, which rows are in
# MAGIC quarantine and why, and how close each gate is to stopping a write. Bronze contains raw
# MAGIC personal data; this notebook counts it and never shows it.
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
# MAGIC ## Recent runs
# MAGIC Each table with its newest refresh, and one mark per day.

# COMMAND ----------

show(lake.figure("runs"))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Bronze tables
# MAGIC One row per bronze table: the number of rows and files, the first and last day, and the
# MAGIC number of rows with `_rescued_data`.

# COMMAND ----------

import pandas as pd
from pyspark.sql import functions as F

bronze = {name: lake.read(name) for name in lake.tables("bronze")}
counts = {
    name: rows.agg(
        F.count("*").alias("rows"),
        F.countDistinct("_source_file").alias("files"),
        F.min("_known_date").alias("first_day"),
        F.max("_known_date").alias("last_day"),
        F.count("_rescued_data").alias("rescued"),
    ).toPandas()
    for name, rows in bronze.items()
}
show(pd.concat(counts).droplevel(1))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Rescued data
# MAGIC A value that does not fit the type of its column is kept as text (`malformed`), an
# MAGIC undeclared field is kept as well (`new`), and a line that cannot be parsed is kept as a
# MAGIC whole (`unparsed`). Silver quarantines malformed and unparsed rows by the rule
# MAGIC `row_is_well_formed`. Only the names of the fields are shown.

# COMMAND ----------

WHOLE_LINE = F.array(F.lit("(the whole line)"))


def count_rescued(name: str, part: str) -> pd.DataFrame:
    """Count rows by field for one part of `_rescued_data`."""
    content = F.get_json_object("_rescued_data", f"$.{part}")
    fields = F.when(content.isNotNull(), WHOLE_LINE)
    if part != "unparsed":
        fields = F.json_object_keys(content)
    by_field = bronze[name].select(F.explode(fields).alias("field")).groupBy("field").count()
    return by_field.toPandas().assign(table=name, what=part)


parts = ("malformed", "new", "unparsed")
rescued = pd.concat([count_rescued(name, part) for name in bronze for part in parts])
by_rows = rescued.sort_values("count", ascending=False, ignore_index=True)
show(by_rows[["table", "what", "field", "count"]])

# COMMAND ----------

# MAGIC %md
# MAGIC ## Treatment of personal data
# MAGIC `conf/privacy.yml` is applied to every row that leaves bronze. A column without a kind of
# MAGIC personal data never leaves bronze.

# COMMAND ----------

show(lake.treatments())

# COMMAND ----------

# MAGIC %md
# MAGIC ## Quarantine
# MAGIC Rejected rows by rule and by day. Each rejected row is in `quarantine.<schema>_<table>`
# MAGIC together with the rules that it failed.

# COMMAND ----------

show(lake.figure("quarantine"))

# COMMAND ----------

# MAGIC %md
# MAGIC Some of these rows. Personal data appears as a token, a year or a prefix, or not at all.

# COMMAND ----------

for name in lake.tables("quarantine"):
    print(name)
    show(lake.read(name).drop("_run_id").limit(3).toPandas())

# COMMAND ----------

# MAGIC %md
# MAGIC ## Gates
# MAGIC A critical rule stops a write if the share of a day's rows that pass is below its
# MAGIC `mostly`. `room` is the difference between the two on the rule's worst day.

# COMMAND ----------

RULES = """array<struct<rule: string, severity: string, day: string,
    rows: bigint, passed: bigint, mostly: double, ok: boolean>>"""

runs = lake.read("ops.runs")
rules = runs.select("table", F.explode(F.from_json("rules", RULES)).alias("r")).select(
    "table", "r.*"
)
share = F.try_divide("passed", "rows")
near = (
    rules.where("rows > 0")
    .groupBy("table", "rule", "severity", "mostly")
    .agg(F.min(share).alias("worst_day"), F.count_if(~F.col("ok")).alias("not_met"))
    .withColumn("room", F.round(F.col("worst_day") - F.col("mostly"), 4))
)
show(near.orderBy("room").limit(15).toPandas())
