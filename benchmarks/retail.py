"""Silver of `retail` by hand: schemas of the files, shapes of the rows, history.

The shapes are those of ``conf/pipelines/retail/silver``, without privacy and rules.
"""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

SCHEMAS = {
    "customers": "op string, customer_id string, full_name string, email string, phone string, "
    "birth_date date, postcode string, region string, segment string, registered_at timestamp, "
    "notes string, updated_at timestamp",
    "orders": "op string, order_id string, customer_id string, store_id string, channel string, "
    "status string, ordered_at timestamp, updated_at timestamp",
    "order_lines": "order_id string, line_no int, sku string, department string, quantity int, "
    "unit_price decimal(12,2), order_date date, updated_at timestamp",
    "stores": "store_id string, store_name string, city string, region string, opened_on date, "
    "updated_at timestamp",
    "web_events": "event_id string, visitor_id string, customer_id string, session_id string, "
    "event_type string, page string, occurred_at timestamp, ip_address string, user_agent string",
}
CSV = ("order_lines", "stores")

# Shapes. Grain: one row per row of the source.


def customers(rows: DataFrame) -> DataFrame:
    """Customers as sent, with the provider of the address and the area of the postcode."""
    domain = F.substring_index(F.lower(F.trim("email")), "@", -1)
    return rows.select(
        "customer_id",
        F.upper(F.trim("op")).alias("op"),
        F.lower(F.trim("segment")).alias("segment"),
        F.lower(F.trim("region")).alias("region"),
        F.year("birth_date").alias("birth_year"),
        "email",
        domain.alias("email_domain"),
        F.substring("postcode", 1, 2).alias("postcode_area"),
        "notes",
        F.col("registered_at").cast("date").alias("registered_on"),
        "updated_at",
        "_known_date",
    )


def orders(rows: DataFrame) -> DataFrame:
    """Orders as sent, with their day."""
    return rows.select(
        F.upper(F.trim("order_id")).alias("order_id"),
        F.upper(F.trim("op")).alias("op"),
        "customer_id",
        F.upper(F.trim("store_id")).alias("store_id"),
        F.lower(F.trim("channel")).alias("channel"),
        F.lower(F.trim("status")).alias("status"),
        "ordered_at",
        F.col("ordered_at").cast("date").alias("order_date"),
        "updated_at",
        "_known_date",
    )


def order_lines(rows: DataFrame) -> DataFrame:
    """Order lines as sent."""
    return rows.select(
        F.upper(F.trim("order_id")).alias("order_id"),
        "line_no",
        F.upper(F.trim("sku")).alias("sku"),
        F.trim("department").alias("department"),
        "quantity",
        "unit_price",
        "order_date",
        "updated_at",
        "_known_date",
    )


def stores(rows: DataFrame) -> DataFrame:
    """Stores as sent."""
    return rows.select(
        F.upper(F.trim("store_id")).alias("store_id"),
        F.trim("store_name").alias("store_name"),
        F.trim("city").alias("city"),
        F.lower(F.trim("region")).alias("region"),
        "opened_on",
        "updated_at",
        "_known_date",
    )


def web_events(rows: DataFrame) -> DataFrame:
    """Web events with the day, the path and the device."""
    agent = F.col("user_agent")
    device = (
        F.when(agent.contains("Tablet"), "tablet")
        .when(agent.contains("Mobile"), "phone")
        .when(agent.rlike("Windows|Macintosh|X11"), "computer")
    )
    return rows.select(
        F.upper(F.trim("event_id")).alias("event_id"),
        "visitor_id",
        "customer_id",
        "session_id",
        F.lower(F.trim("event_type")).alias("event_type"),
        F.substring_index("page", "?", 1).alias("page"),
        device.alias("device"),
        "occurred_at",
        F.col("occurred_at").cast("date").alias("event_date"),
        "_known_date",
    )


SHAPES = {
    "order_lines": order_lines,
    "orders": orders,
    "web_events": web_events,
    "customers": customers,
    "stores": stores,
}
"""The largest first, so that the threads end together."""
KEYS = {
    "order_lines": ("order_id", "line_no"),
    "orders": ("order_id",),
    "customers": ("customer_id",),
    "stores": ("store_id",),
}
"""The tables that keep history; of web events the first known row of an event is kept."""


def first_known(rows: DataFrame) -> DataFrame:
    """The first known row of each web event."""
    rank = F.row_number().over(Window.partitionBy("event_id").orderBy("_known_date", "occurred_at"))
    return rows.withColumn("_rank", rank).where("_rank = 1").drop("_rank")


def history(rows: DataFrame, *keys: str) -> DataFrame:
    """One row per key, version and day of knowledge; one shuffle and one sort for all its ends.

    Columns that begin with ``_old_`` pass through.
    """
    in_order = Window.partitionBy(*keys).orderBy("updated_at", "_known_date")
    later = F.lead(F.struct("updated_at", "_known_date")).over(in_order)
    versions = rows.withColumn("_later", later)
    has_same_time = F.col("_later.updated_at") == F.col("updated_at")
    overtaken = F.coalesce(has_same_time, F.lit(False))
    next_version = F.when(~overtaken, F.col("_later.updated_at"))
    rest = in_order.rowsBetween(Window.currentRow, Window.unboundedFollowing)
    deleted = F.coalesce(F.col("op") == "D", F.lit(False)) if "op" in rows.columns else F.lit(False)
    is_repeated = overtaken & (F.col("_later._known_date") == F.col("_known_date"))
    return (
        versions.withColumn("_next", F.first(next_version, ignorenulls=True).over(rest))
        .where(~is_repeated)
        .select(
            *[name for name in rows.columns if name != "_known_date"],
            F.col("updated_at").alias("valid_from"),
            F.when(deleted, F.col("updated_at")).otherwise(F.col("_next")).alias("valid_to"),
            F.col("_known_date").alias("known_from"),
            F.when(overtaken, F.col("_later._known_date")).alias("known_to"),
            (~overtaken & F.col("_next").isNull() & ~deleted).alias("is_current"),
        )
    )
