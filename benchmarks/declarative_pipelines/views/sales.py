"""A streaming table of files and a materialized view over it."""

from __future__ import annotations

from pyspark import pipelines as dp
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

spark = SparkSession.active()
FORMAT = spark.conf.get("bench.format", "") or None
SCHEMA = "sale_id string, store_id string, sold_on date, amount decimal(12,2)"


@dp.table(format=FORMAT)  # type: ignore[call-overload,untyped-decorator]
def sales() -> DataFrame:
    """Sales as they came. Grain: one row per line of a file."""
    files = spark.conf.get("bench.landing")
    return spark.readStream.schema(SCHEMA).option("header", True).csv(f"{files}/sales")


@dp.materialized_view(format=FORMAT)  # type: ignore[call-overload,untyped-decorator]
def daily_sales() -> DataFrame:
    """Sales by day and store."""
    groups = spark.read.table("sales").groupBy("sold_on", "store_id")
    return groups.agg(F.count("*").alias("sales"), F.sum("amount").alias("amount"))
