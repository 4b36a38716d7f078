# Databricks notebook source
# MAGIC %md
# MAGIC # What bronze holds, and what the rules found
# MAGIC What came in, what did not fit its declaration, which rows are in quarantine and why, and
# MAGIC how close each gate is to closing. Bronze holds personal data as it came: here it is
# MAGIC counted, never shown.
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
# MAGIC ## What ran
# MAGIC Each table with its newest refresh, and a mark per day.

# COMMAND ----------

show(lake.figure("runs"))

# COMMAND ----------

# MAGIC %md
# MAGIC ## What came in
# MAGIC One row per bronze table: its rows, its files, its days, and how many rows have something
# MAGIC in `_rescued_data`.

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
# MAGIC ## What was rescued
# MAGIC A value that is not of its column's type is kept as text (`malformed`), an undeclared field
# MAGIC is kept too (`new`), and a line that cannot be parsed is kept whole (`unparsed`). Malformed
# MAGIC and unparsed rows go to quarantine in silver, as `row_is_well_formed`. Only the names of
# MAGIC the fields are shown.

# COMMAND ----------

WHOLE_LINE = F.array(F.lit("(the whole line)"))


def count_rescued(name: str, part: str) -> pd.DataFrame:
    """Rows by field for one part of `_rescued_data`."""
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
# MAGIC ## What becomes of personal data
# MAGIC `conf/privacy.yml` stands between bronze and everything else. A column without a kind stays
# MAGIC in bronze.

# COMMAND ----------

show(lake.treatments())

# COMMAND ----------

# MAGIC %md
# MAGIC ## Quarantine
# MAGIC The rows of each rule, and the rows of each day. Each rejected row is in
# MAGIC `quarantine.<schema>_<table>` with the rules that it failed.

# COMMAND ----------

show(lake.figure("quarantine"))

# COMMAND ----------

# MAGIC %md
# MAGIC Some of these rows. What is personal is a token, a year, a prefix or absent.

# COMMAND ----------

for name in lake.tables("quarantine"):
    print(name)
    show(lake.read(name).drop("_run_id").limit(3).toPandas())

# COMMAND ----------

# MAGIC %md
# MAGIC ## Gates
# MAGIC A critical rule stops a batch when the share of a day's rows that pass is below its
# MAGIC `mostly`. `room` is the distance between the two on the rule's worst day.

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
