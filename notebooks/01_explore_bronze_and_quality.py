# Databricks notebook source
# MAGIC %md
# MAGIC # What bronze holds, and what the rules say of it
# MAGIC What came in, what did not fit its declaration, which rows are in quarantine and why, and
# MAGIC how far each gate is from closing. Bronze holds personal data as it came: here it is
# MAGIC counted, never shown.
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
# MAGIC ## What came in
# MAGIC A row a table: its rows, its files, its days, and how many rows have something in
# MAGIC `_rescued_data`.

# COMMAND ----------

from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

bronze = {name: lake.read(name) for name in pipeline.bronze if lake.context.tables.exists(name)}
counts = [
    rows.agg(
        F.lit(name).alias("table"),
        F.count("*").alias("rows"),
        F.countDistinct("_source_file").alias("files"),
        F.min("_known_date").alias("first_day"),
        F.max("_known_date").alias("last_day"),
        F.count("_rescued_data").alias("rescued"),
    )
    for name, rows in bronze.items()
]
show(reduce(DataFrame.unionAll, counts))

# COMMAND ----------

# MAGIC %md
# MAGIC ## What was rescued
# MAGIC A value that is not of its column's type is kept as text; a field that nobody declared is
# MAGIC kept too; a line that cannot be taken apart is kept whole. Rows with the first or the last
# MAGIC go to quarantine in silver, as `row_is_well_formed`. Only the names of the fields are
# MAGIC shown.

# COMMAND ----------


def rescued(name: str, rows: DataFrame, part: str) -> DataFrame:
    """Rows by field for one part of `_rescued_data`: malformed or new."""
    fields = F.json_object_keys(F.get_json_object("_rescued_data", f"$.{part}"))
    named = rows.select(F.explode(fields).alias("field"))
    counted = named.groupBy("field").agg(F.count("*").alias("rows"))
    return counted.select(F.lit(name).alias("table"), F.lit(part).alias("what"), "field", "rows")


def unparsed(name: str, rows: DataFrame) -> DataFrame:
    """How many lines could not be taken apart."""
    whole = rows.where(F.get_json_object("_rescued_data", "$.unparsed").isNotNull())
    table, what, field = (F.lit(text) for text in (name, "unparsed", "(the whole line)"))
    return whole.groupBy(table.alias("table")).agg(
        F.first(what).alias("what"), F.first(field).alias("field"), F.count("*").alias("rows")
    )


parts = [
    rescued(name, rows, part) for name, rows in bronze.items() for part in ("malformed", "new")
]
parts += [unparsed(name, rows) for name, rows in bronze.items()]
show(reduce(DataFrame.unionAll, parts).orderBy(F.desc("rows")))

# COMMAND ----------

# MAGIC %md
# MAGIC ## What becomes of personal data
# MAGIC Between bronze and everything else stands `conf/privacy.yml`. A column without a kind stays
# MAGIC in bronze.

# COMMAND ----------

import pandas as pd

from lakehouse.privacy.policy import treatments

treated = [
    (table.table, *treatment)
    for table in pipeline.bronze.values()
    for treatment in treatments(table.columns, lake.context.policy)
    if treatment[1] != "none"
]
show(pd.DataFrame(treated, columns=["table", "column", "kind", "treatment", "becomes"]))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Quarantine, by rule
# MAGIC Each rejected row is in `quarantine.<schema>_<table>` with the rules that it failed.

# COMMAND ----------

from lakehouse.refresh.quarantine_table import table_of

rejected = {
    name: lake.read(table_of(name))
    for name in pipeline.computed()
    if lake.context.tables.exists(table_of(name))
}
for name, rows in rejected.items():
    by_rule = rows.select(F.explode("_failed_rules").alias("rule")).groupBy("rule").count()
    print(name)
    show(by_rule.orderBy(F.desc("count")))

# COMMAND ----------

# MAGIC %md
# MAGIC Some of them. What is personal is a token, a year, a prefix or gone.

# COMMAND ----------

for name, rows in rejected.items():
    print(name)
    show(rows.drop("_run_id").limit(3))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Gates
# MAGIC A critical rule stops a batch when fewer of a day's rows pass than its `mostly` asks. Here
# MAGIC is the nearest that each rule came: `room` is how much worse its worst day could have been.

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
show(near.orderBy("room").limit(15))

# COMMAND ----------

# MAGIC %md
# MAGIC ## The last runs
# MAGIC `rows_read = rows_written + rows_quarantined + rows_superseded`, and the run itself asserts
# MAGIC it.

# COMMAND ----------

columns = ["date", "step", "table", "status", "rows_read", "rows_written", "rows_quarantined"]
columns += ["rows_superseded", "seconds"]
show(runs.orderBy(F.desc("started_at")).select(*columns).limit(20))
