"""What is in quarantine: rows by day, and why they are there, counted by Spark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.quality.rule_words import demands
from lakehouse.quality.rules import Suite
from lakehouse.refresh.quarantine_table import table_of
from lakehouse.reporting.data import QuarantinedRows, QuarantineReason
from lakehouse.reporting.reader import Reader

FAILED = "_failed_rules"
_DAYS = ("_known_date", "as_of")


def count_quarantined(
    reader: Reader, tables: Sequence[str], suites: Mapping[str, Suite]
) -> tuple[tuple[QuarantineReason, ...], tuple[QuarantinedRows, ...]]:
    """One reason for each table and rule that has rows in ``quarantine.<schema>_<table>``, and the
    rows by table and day.

    A row counts once for each rule that it failed in the reasons, and once in the rows; the day is
    None where rows have none. Tables without a quarantine are left out.
    """
    names = [name for name in tables if reader.exists(table_of(name))]
    if not names:
        return (), ()
    every = reduce(
        DataFrame.unionByName, [_failed_rows(reader.read(table_of(name)), name) for name in names]
    )
    days = every.groupBy("table", "day").count().orderBy("table", "day").collect()
    by_day = every.select("table", "day", F.explode(FAILED).alias("rule"))
    counts = by_day.groupBy("table", "rule", "day").count().groupBy("table", "rule").agg(
        F.sum("count").alias("rows"), F.max("day").alias("last_day"),
        F.max_by("count", "day").alias("newest"),
    ).orderBy("table", "rule").collect()  # fmt: skip
    reasons = tuple(
        _reason(
            QuarantineReason(row["table"], row["rule"], row["rows"], row["last_day"],
                             row["newest"] or 0),
            suites.get(row["table"]),
        )
        for row in counts
    )  # fmt: skip
    return reasons, tuple(QuarantinedRows(row[0], row[1], row[2]) for row in days)


def _failed_rows(frame: DataFrame, table: str) -> DataFrame:
    names = [name for name in _DAYS if name in frame.columns]
    day = F.col(names[0]) if names else F.lit(None)
    return frame.select(F.lit(table).alias("table"), day.cast("date").alias("day"), FAILED)


def _reason(counted: QuarantineReason, suite: Suite | None) -> QuarantineReason:
    rules = {rule.id: rule for rule in suite.rules} if suite else {}
    rule = rules.get(counted.rule)
    words = demands(tuple(rules.values())).get(counted.rule, "")
    return QuarantineReason(
        counted.table,
        counted.rule,
        counted.rows,
        counted.last_day,
        counted.newest,
        severity=rule.severity if rule else "critical",
        demand=f"{words}." if words else "",
        notes=(rule.notes or "") if rule else "",
    )
