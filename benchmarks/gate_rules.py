"""The frame and the 30 rules of the figure ``gate``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

Json = dict[str, Any]
DEPARTMENTS = ["garden", "kitchen", "books", "toys", "sports", "music", "tools", "food"]
CHANNELS = ["store", "web", "app"]
CURRENCIES = ["EUR", "CHF"]
ROW_SHARE = 0.9


def lines(spark: SparkSession, rows: int) -> DataFrame:
    """Order lines; each hundredth has a quantity of zero, each two hundredth no department."""
    number = F.col("id")
    day = F.date_add(F.lit("2026-03-01").cast("date"), (number % 90).cast("int"))
    ordered = F.timestamp_seconds(F.lit(1772323200) + number % 7_000_000)
    return spark.range(rows).select(
        F.format_string("O%09d", number).alias("order_id"),
        (number % 7 + 1).cast("int").alias("line_no"),
        F.format_string("A%05d", number % 20_000).alias("sku"),
        F.when(number % 200 != 0, _pick(DEPARTMENTS)).alias("department"),
        F.when(number % 100 != 0, number % 12 + 1).otherwise(0).cast("int").alias("quantity"),
        ((number % 9_000 + 100) / 100).cast("decimal(12,2)").alias("unit_price"),
        _pick(CHANNELS).alias("channel"),
        _pick(CURRENCIES).alias("currency"),
        day.alias("order_date"),
        ordered.alias("ordered_at"),
        F.timestamp_seconds(F.unix_timestamp(ordered) + number % 5_000).alias("updated_at"),
    )


def suite() -> Json:
    """The rules as a suite of Great Expectations: 24 on rows, 5 on totals, 1 on uniqueness."""
    expectations = [
        {"type": kind, "kwargs": kwargs, "severity": "critical", "meta": {"id": f"rule_{number}"}}
        for number, (kind, kwargs) in enumerate([*_row_rules(), *_totals()])
    ]
    return {"name": "gate", "expectations": expectations}


def _row_rules() -> Iterator[tuple[str, Json]]:
    present = ("order_id", "line_no", "sku", "department", "quantity", "unit_price", "channel")
    for name in (*present, "order_date", "ordered_at", "updated_at"):
        yield _row("expect_column_values_to_not_be_null", column=name)
    for name, low, high in (("line_no", 1, 20), ("quantity", 1, 100), ("unit_price", 0.01, 500)):
        yield _row("expect_column_values_to_be_between", column=name, min_value=low, max_value=high)
    sets = {"department": DEPARTMENTS, "channel": CHANNELS, "currency": CURRENCIES}
    for name, values in sets.items():
        yield _row("expect_column_values_to_be_in_set", column=name, value_set=values)
    yield _row("expect_column_values_to_not_be_in_set", column="sku", value_set=["A99999"])
    for name, regex in (("order_id", "^O[0-9]{9}$"), ("sku", "^A[0-9]{5}$")):
        yield _row("expect_column_values_to_match_regex", column=name, regex=regex)
    yield _row("expect_column_values_to_not_match_regex", column="channel", regex="[A-Z]")
    for name, length in (("order_id", 10), ("sku", 6), ("currency", 3)):
        yield _row("expect_column_value_lengths_to_equal", column=name, value=length)
    yield _row(
        "expect_column_pair_values_a_to_be_greater_than_b",
        column_A="updated_at",
        column_B="ordered_at",
        or_equal=True,
    )


def _totals() -> Iterator[tuple[str, Json]]:
    for kind, name, low, high in (
        ("mean", "quantity", 1, 12),
        ("mean", "unit_price", 1, 100),
        ("min", "unit_price", 0.01, 5),
        ("max", "quantity", 1, 100),
    ):
        kwargs = {"column": name, "min_value": low, "max_value": high}
        yield f"expect_column_{kind}_to_be_between", kwargs
    yield "expect_table_row_count_to_be_between", {"min_value": 1}
    yield "expect_compound_columns_to_be_unique", {"column_list": ["order_id", "line_no"]}


def _row(kind: str, **kwargs: object) -> tuple[str, Json]:
    return kind, {**kwargs, "mostly": ROW_SHARE}


def _pick(words: list[str]) -> Column:
    array = F.array(*[F.lit(word) for word in words])
    return F.element_at(array, (F.col("id") % len(words) + 1).cast("int"))
