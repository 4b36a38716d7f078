"""Gold of `retail` by hand: the aggregates of ``conf/pipelines/retail/gold``.

Each reads the columns that it needs, and is written so that Spark counts few distinct values: the
current rows of an order or a store are unique by their key.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

WEEKLY = ("store_id", "week")
QUARTERLY = ("department", "quarter")
DAILY = ("day",)


def week(day: str) -> Column:
    """The Monday of a day's week."""
    return F.date_trunc("week", day).cast("date").alias("week")


def quarter(day: str) -> Column:
    """The first day of a day's quarter."""
    return F.date_trunc("quarter", day).cast("date").alias("quarter")


def counted(orders: DataFrame) -> DataFrame:
    """The orders of sales figures: the current row of each, unless it was cancelled."""
    return orders.where("is_current AND status <> 'cancelled'")


def weekly_store_sales(orders: DataFrame, lines: DataFrame, stores: DataFrame) -> DataFrame:
    """One row per store and week, of ``counted`` orders and current lines and stores.

    Lines are summed by order before the join, which needs the same shuffle.
    """
    sold = lines.groupBy("order_id").agg(
        F.sum("quantity").alias("units"),
        F.sum(F.col("quantity") * F.col("unit_price")).alias("revenue"),
    )
    names = stores.select("store_id", "store_name", "region")
    sales = (
        orders.select("order_id", "store_id", "customer_id", "status", week("order_date"))
        .join(sold, on="order_id", how="left")
        .groupBy(*WEEKLY)
        .agg(
            F.count("order_id").alias("orders"),
            F.count_if(F.col("status") == "returned").alias("returned_orders"),
            F.count_distinct("customer_id").alias("customers"),
            F.coalesce(F.sum("units"), F.lit(0)).alias("units"),
            _euros(F.coalesce(F.sum("revenue"), F.lit(0))).alias("gross_revenue"),
        )
    )
    measures = sales.columns[len(WEEKLY) :]
    named = sales.join(F.broadcast(names), on="store_id", how="left")
    return named.select(*WEEKLY, "store_name", "region", *measures)


def quarterly_department_revenue(orders: DataFrame, lines: DataFrame) -> DataFrame:
    """One row per department and quarter, of ``counted`` orders and their current lines."""
    dated = orders.select("order_id", quarter("order_date"))
    return (
        lines.join(dated, on="order_id", how="inner")
        .groupBy(*QUARTERLY)
        .agg(
            _euros(F.sum(F.col("quantity") * F.col("unit_price"))).alias("gross_revenue"),
            F.sum("quantity").alias("units"),
            F.count("*").alias("order_lines"),
            F.count_distinct("order_id").alias("orders"),
        )
    )


def daily_active_users(events: DataFrame) -> DataFrame:
    """One row per day. A visit has many events: grouping it first leaves fewer rows to count."""
    visits = events.groupBy("event_date", "customer_id", "visitor_id", "session_id").count()
    anonymous = F.when(F.col("customer_id").isNull(), F.col("visitor_id"))
    return visits.groupBy(F.col("event_date").alias("day")).agg(
        F.count_distinct(F.coalesce("customer_id", "visitor_id")).alias("active_users"),
        F.count_distinct("customer_id").alias("signed_in_users"),
        F.count_distinct(anonymous).alias("anonymous_visitors"),
        F.count_distinct("session_id").alias("sessions"),
        F.sum("count").alias("events"),
    )


def _euros(amount: Column) -> Column:
    return amount.cast("decimal(18,2)")
