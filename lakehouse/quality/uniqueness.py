"""Uniqueness rules: count the rows whose key no other row has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import reduce
from operator import and_, or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.quality.literals import column
from lakehouse.quality.rules import Rule


def count_unique(
    frame: DataFrame, rules: Sequence[Rule], day: str | None
) -> dict[tuple[str, date | None], int]:
    """The number of rows that pass, by rule id and day; pairs without rows are left out.

    Every row of a duplicate key fails, and so does a key with a NULL. If the rule's ``nulls`` is
    ``pass``, NULL counts as a value, and a key that is all NULL passes.
    """
    if not rules:
        return {}
    counts = [_count(frame, rule, day) for rule in rules]
    rows = reduce(lambda some, more: some.unionByName(more), counts).collect()
    return {(row["rule"], row["day"]): row["passed"] for row in rows}


def _count(frame: DataFrame, rule: Rule, day: str | None) -> DataFrame:
    keys = [column(name).alias(f"key_{at}") for at, name in enumerate(rule.columns)]
    of_day = column(day) if day else F.lit(None).cast("date")
    names = [f"key_{at}" for at in range(len(keys))]
    rows_of_a_key = frame.select(of_day.alias("day"), *keys).groupBy("day", *names)
    passing = F.when(_passes(rule, names), F.col("rows_of_a_key")).otherwise(0)
    return (
        rows_of_a_key.agg(F.count(F.lit(1)).alias("rows_of_a_key"))
        .groupBy("day")
        .agg(F.sum(passing).alias("passed"))
        .select(F.lit(rule.id).alias("rule"), "day", "passed")
    )


def _passes(rule: Rule, names: Sequence[str]) -> Column:
    is_unique = F.col("rows_of_a_key") == 1
    absent = [F.col(name).isNull() for name in names]
    if rule.nulls == "pass":
        return is_unique | reduce(and_, absent)
    return is_unique & ~reduce(or_, absent)
