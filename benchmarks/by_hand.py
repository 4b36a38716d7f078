"""The same tables by hand: the best PySpark + Delta script that we can write for them.

Bronze to gold of `retail` with the same columns, history and aggregates, and the same session
settings; no privacy, no rules, no quarantine, no record, and no second run: it builds the whole.
Every schema is given, every table is read and written once, nothing is counted on the way, and the
tables of a layer are written side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession, Window
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
THREADS = 4

Write = Callable[[], None]


def build(spark: SparkSession, landing: Path, warehouse: Path, last: date) -> None:
    """Bronze, silver and gold from the files up to the day ``last``, anew."""
    place = str(warehouse)
    _side_by_side(_bronze(spark, landing, place, name, last) for name in SCHEMAS)
    _side_by_side(_written(rows, place, name) for name, rows in _silver(spark, place).items())
    _side_by_side(_written(rows, place, name) for name, rows in _gold(spark, place).items())


def _side_by_side(writes: Iterable[Write]) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(write) for write in writes]:
            done.result()


def _written(rows: DataFrame, warehouse: str, table: str) -> Write:
    return lambda: rows.write.format("delta").mode("overwrite").save(f"{warehouse}/{table}")


def _read(spark: SparkSession, warehouse: str, table: str) -> DataFrame:
    return spark.read.format("delta").load(f"{warehouse}/{table}")


# Bronze: typed columns, the file of each row and its day.


def _bronze(spark: SparkSession, landing: Path, warehouse: str, name: str, last: date) -> Write:
    reader = spark.read.schema(SCHEMAS[name])
    paths = _files(landing / name, last)
    rows = reader.option("header", True).csv(paths) if name in CSV else reader.json(paths)
    file = F.col("_metadata.file_path")
    day = F.regexp_extract(file, r"/(\d{4}-\d{2}-\d{2})[./]", 1).cast("date")
    typed = rows.select("*", file.alias("_source_file"), day.alias("_known_date"))
    return _written(typed, warehouse, f"bronze/{name}")


def _files(folder: Path, last: date) -> list[str]:
    """Files, or folders of files, named after a day that is not after ``last``."""
    return [str(entry) for entry in sorted(folder.iterdir()) if entry.name[:10] <= str(last)]


# Silver: the shapes of conf/pipelines/retail/silver, with history where it is kept.


def _silver(spark: SparkSession, warehouse: str) -> dict[str, DataFrame]:
    bronze = {name: _read(spark, warehouse, f"bronze/{name}") for name in SCHEMAS}
    return {
        "silver/order_lines": _history(_order_lines(bronze["order_lines"]), "order_id", "line_no"),
        "silver/orders": _history(_orders(bronze["orders"]), "order_id"),
        "silver/web_events": _first(_web_events(bronze["web_events"]), "event_id"),
        "silver/customers": _history(_customers(bronze["customers"]), "customer_id"),
        "silver/stores": _history(_stores(bronze["stores"]), "store_id"),
    }


def _customers(rows: DataFrame) -> DataFrame:
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


def _orders(rows: DataFrame) -> DataFrame:
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


def _order_lines(rows: DataFrame) -> DataFrame:
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


def _stores(rows: DataFrame) -> DataFrame:
    return rows.select(
        F.upper(F.trim("store_id")).alias("store_id"),
        F.trim("store_name").alias("store_name"),
        F.trim("city").alias("city"),
        F.lower(F.trim("region")).alias("region"),
        "opened_on",
        "updated_at",
        "_known_date",
    )


def _web_events(rows: DataFrame) -> DataFrame:
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


def _first(rows: DataFrame, key: str) -> DataFrame:
    """The first known row of a key."""
    rank = F.row_number().over(Window.partitionBy(key).orderBy("_known_date", "occurred_at"))
    return rows.withColumn("_rank", rank).where("_rank = 1").drop("_rank")


def _history(rows: DataFrame, *keys: str) -> DataFrame:
    """One row per key, version and day of knowledge; one shuffle and one sort for all its ends."""
    in_order = Window.partitionBy(*keys).orderBy("updated_at", "_known_date")
    later = F.lead(F.struct("updated_at", "_known_date")).over(in_order)
    versions = rows.withColumn("_later", later)
    same = F.col("_later.updated_at") == F.col("updated_at")
    overtaken = F.coalesce(same, F.lit(False))
    next_version = F.when(~overtaken, F.col("_later.updated_at"))
    rest = in_order.rowsBetween(Window.currentRow, Window.unboundedFollowing)
    deleted = F.col("op") == "D" if "op" in rows.columns else F.lit(False)
    said_again = overtaken & (F.col("_later._known_date") == F.col("_known_date"))
    return (
        versions.withColumn("_next", F.first(next_version, ignorenulls=True).over(rest))
        .where(~said_again)
        .select(
            *[name for name in rows.columns if name != "_known_date"],
            F.col("updated_at").alias("valid_from"),
            F.when(deleted, F.col("updated_at")).otherwise(F.col("_next")).alias("valid_to"),
            F.col("_known_date").alias("known_from"),
            F.when(overtaken, F.col("_later._known_date")).alias("known_to"),
            (~overtaken & F.col("_next").isNull() & ~deleted).alias("is_current"),
        )
    )


# Gold: the aggregates of conf/pipelines/retail/gold.


def _gold(spark: SparkSession, warehouse: str) -> dict[str, DataFrame]:
    orders, lines, stores = (
        _read(spark, warehouse, f"silver/{name}").where("is_current")
        for name in ("orders", "order_lines", "stores")
    )
    counted = orders.where("status <> 'cancelled'")
    return {
        "gold/weekly_store_sales": _weekly(counted, lines, stores),
        "gold/quarterly_department_revenue": _quarterly(counted, lines),
        "gold/daily_active_users": _daily(_read(spark, warehouse, "silver/web_events")),
    }


def _euros(amount: Column) -> Column:
    return amount.cast("decimal(18,2)")


def _weekly(orders: DataFrame, lines: DataFrame, stores: DataFrame) -> DataFrame:
    week = F.date_trunc("week", "order_date").cast("date")
    returned = F.when(F.col("status") == "returned", F.col("order_id"))
    amount = F.coalesce(F.sum(F.col("quantity") * F.col("unit_price")), F.lit(0))
    sold = lines.select("order_id", "quantity", "unit_price")
    named = F.broadcast(stores.select("store_id", "store_name", "region"))
    return (
        orders.join(sold, on="order_id", how="left")
        .join(named, on="store_id", how="left")
        .groupBy("store_id", week.alias("week"))
        .agg(
            F.max("store_name").alias("store_name"),
            F.max("region").alias("region"),
            F.count_distinct("order_id").alias("orders"),
            F.count_distinct(returned).alias("returned_orders"),
            F.count_distinct("customer_id").alias("customers"),
            F.coalesce(F.sum("quantity"), F.lit(0)).alias("units"),
            _euros(amount).alias("gross_revenue"),
        )
    )


def _quarterly(orders: DataFrame, lines: DataFrame) -> DataFrame:
    quarter = F.date_trunc("quarter", orders["order_date"]).cast("date")
    dated = orders.select("order_id", quarter.alias("quarter"))
    return (
        lines.join(dated, on="order_id", how="inner")
        .groupBy("department", "quarter")
        .agg(
            _euros(F.sum(F.col("quantity") * F.col("unit_price"))).alias("gross_revenue"),
            F.sum("quantity").alias("units"),
            F.count("*").alias("order_lines"),
            F.count_distinct("order_id").alias("orders"),
        )
    )


def _daily(events: DataFrame) -> DataFrame:
    anonymous = F.when(F.col("customer_id").isNull(), F.col("visitor_id"))
    return events.groupBy(F.col("event_date").alias("day")).agg(
        F.count_distinct(F.coalesce("customer_id", "visitor_id")).alias("active_users"),
        F.count_distinct("customer_id").alias("signed_in_users"),
        F.count_distinct(anonymous).alias("anonymous_visitors"),
        F.count_distinct("session_id").alias("sessions"),
        F.count("*").alias("events"),
    )
