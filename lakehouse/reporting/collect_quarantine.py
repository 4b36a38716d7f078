"""Why rows are in quarantine: rule by rule, counted by Spark."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.quality.rules import Suite
from lakehouse.reporting.data import QuarantineReason
from lakehouse.reporting.rule_words import demands

FAILED = "_failed_rules"


def quarantine_reasons(
    read: Callable[[str], DataFrame], tables: Sequence[str], suites: Iterable[Suite | None]
) -> tuple[QuarantineReason, ...]:
    """One reason for each table and rule that has rows in ``quarantine.<schema>_<table>``.

    A row counts once for each rule that it failed; ``last_day`` is None where rows have no day.
    """
    frames = [_failed(read(f"quarantine.{name.replace('.', '_')}"), name) for name in tables]
    if not frames:
        return ()
    known = {suite.name: suite for suite in suites if suite}
    newest = F.max("day")
    by_day = reduce(DataFrame.unionByName, frames).groupBy("table", "rule", "day").count()
    rows = by_day.groupBy("table", "rule").agg(
        F.sum("count").alias("rows"), newest.alias("last_day"),
        F.max_by("count", "day").alias("newest"),
    ).orderBy("table", "rule").collect()  # fmt: skip
    return tuple(
        _reason(row.table, row.rule, row.rows, row.last_day, row.newest or 0, known.get(row.table))
        for row in rows
    )


def _failed(frame: DataFrame, table: str) -> DataFrame:
    day = F.col("_known_date") if "_known_date" in frame.columns else F.lit(None)
    return frame.select(
        F.lit(table).alias("table"),
        F.explode(FAILED).alias("rule"),
        day.cast("date").alias("day"),
    )


def _reason(
    table: str, rule: str, rows: int, last_day: object, newest: int, suite: Suite | None
) -> QuarantineReason:
    rules = suite.rules if suite else ()
    found = next((one for one in rules if one.id == rule), None)
    words = demands(rules).get(rule, "")
    return QuarantineReason(
        table=table,
        rule=rule,
        rows=rows,
        last_day=last_day,  # type: ignore[arg-type]
        newest=newest,
        severity=found.severity if found else "critical",
        demand=f"{words[:1].upper()}{words[1:]}." if words else "",
        notes=(found.notes or "") if found else "",
    )
