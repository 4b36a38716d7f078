"""Gold of a day by hand: compute the groups that the day's rows touch, and merge them.

A touched group may lose all its rows (an order moves to another week), so the groups are the left
side of a join with what was computed, and a group without rows is deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarks import retail_gold
from benchmarks.by_hand import Work, read

Silver = Callable[[str], DataFrame]


def refresh(spark: SparkSession, warehouse: str, new: Mapping[str, DataFrame]) -> Iterator[Work]:
    """The work of each gold table; ``new`` has the day's rows of each source that sent some."""

    def silver(name: str) -> DataFrame:
        return read(spark, warehouse, f"silver/{name}")

    if "web_events" in new:
        yield lambda: _daily(spark, warehouse, silver("web_events"), new["web_events"])
    if {"orders", "order_lines", "stores"} & set(new):
        yield lambda: _weekly(spark, warehouse, silver, new)
    if {"orders", "order_lines"} & set(new):
        yield lambda: _quarterly(spark, warehouse, silver, new)


def _daily(spark: SparkSession, warehouse: str, events: DataFrame, new: DataFrame) -> None:
    """The days of the new events. They are few: as literals they prune files."""
    days = [row["event_date"] for row in new.select("event_date").distinct().collect()]
    found = retail_gold.daily_active_users(events.where(F.col("event_date").isin(days)))
    groups = new.select(F.col("event_date").alias("day")).distinct()
    _merge(spark, f"{warehouse}/gold/daily_active_users", groups, found, retail_gold.DAILY)


def _weekly(
    spark: SparkSession, warehouse: str, silver: Silver, new: Mapping[str, DataFrame]
) -> None:
    """The stores and weeks of the touched orders, before and after, and all weeks of new stores.

    All versions of an order are looked up, which include its former store and week.
    """
    orders, keys = silver("orders"), list(retail_gold.WEEKLY)
    groups = _of_touched(orders, new).select("store_id", retail_gold.week("order_date"))
    if "stores" in new:
        stores = F.broadcast(new["stores"].select("store_id").distinct())
        weeks = orders.select("store_id", retail_gold.week("order_date"))
        groups = groups.unionByName(weeks.join(stores, on="store_id", how="left_semi"))
    groups = groups.distinct().persist()
    in_groups = (
        retail_gold.counted(orders)
        .withColumn("week", retail_gold.week("order_date"))
        .join(F.broadcast(groups), on=keys, how="left_semi")
    )
    lines, stores = (silver(name).where("is_current") for name in ("order_lines", "stores"))
    found = retail_gold.weekly_store_sales(in_groups, lines, stores)
    _merge(spark, f"{warehouse}/gold/weekly_store_sales", groups, found, retail_gold.WEEKLY)
    groups.unpersist()


def _quarterly(
    spark: SparkSession, warehouse: str, silver: Silver, new: Mapping[str, DataFrame]
) -> None:
    """The quarters of the touched orders, with all their departments: a day sells in each, and so
    the lines need not be read to find out."""
    orders = silver("orders")
    quarters = _of_touched(orders, new).select(retail_gold.quarter("order_date")).distinct()
    days = [row["quarter"] for row in quarters.collect()]
    dated = retail_gold.counted(orders).where(retail_gold.quarter("order_date").isin(days))
    lines = silver("order_lines").where("is_current")
    found = retail_gold.quarterly_department_revenue(dated, lines)
    path = f"{warehouse}/gold/quarterly_department_revenue"
    stored = spark.read.format("delta").load(path).where(F.col("quarter").isin(days))
    keys = list(retail_gold.QUARTERLY)
    found = found.persist()
    groups = stored.select(*keys).union(found.select(*keys)).distinct()
    _merge(spark, path, groups, found, retail_gold.QUARTERLY)
    found.unpersist()


def _of_touched(orders: DataFrame, new: Mapping[str, DataFrame]) -> DataFrame:
    """All versions of the orders of which there is a new row or a new line."""
    ids = [new[name].select("order_id") for name in ("orders", "order_lines") if name in new]
    if not ids:
        return orders.limit(0)
    touched = ids[0] if len(ids) == 1 else ids[0].union(ids[1])
    return orders.join(F.broadcast(touched.distinct()), on="order_id", how="left_semi")


def _merge(
    spark: SparkSession, path: str, groups: DataFrame, found: DataFrame, keys: tuple[str, ...]
) -> None:
    """Delete the groups without rows, update those that differ, insert those that are new."""
    measures = [name for name in found.columns if name not in keys]
    source = groups.join(found.withColumn("_has_rows", F.lit(True)), on=list(keys), how="left")
    differs = " OR ".join(f"NOT (t.{name} <=> s.{name})" for name in measures)
    values = {name: f"s.{name}" for name in (*keys, *measures)}
    (
        DeltaTable.forPath(spark, path)
        .alias("t")
        .merge(source.alias("s"), " AND ".join(f"t.{name} = s.{name}" for name in keys))
        .whenMatchedDelete("s._has_rows IS NULL")
        .whenMatchedUpdate(condition=differs, set=values)
        .whenNotMatchedInsert(condition="s._has_rows", values=values)
        .execute()
    )
