"""A change feed into a table with one row per key."""

from __future__ import annotations

from pyspark import pipelines as dp
from pyspark.sql import DataFrame, SparkSession

spark = SparkSession.active()
SCHEMA = "op string, customer_id string, segment string, updated_at timestamp"


@dp.temporary_view
def feed() -> DataFrame:
    """The changes as they came."""
    files = spark.conf.get("bench.landing")
    return spark.readStream.schema(SCHEMA).option("header", True).csv(f"{files}/customers")


dp.create_streaming_table("customers")
dp.create_auto_cdc_flow(
    target="customers",
    source="feed",
    keys=["customer_id"],
    sequence_by="updated_at",
    apply_as_deletes="op = 'D'",
    stored_as_scd_type=1,
)
