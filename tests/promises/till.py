"""The smallest pipeline with a history: sales by day, for tests of a single promise."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import shop as s
from pyspark.sql import DataFrame, SparkSession
from shop import Shop
from tiny import Tiny

from lakehouse.refresh.outcome import RefreshOutcome

MON, TUE, WED = "2026-03-02", "2026-03-03", "2026-03-04"
SALES = (
    "sale: {type: string, pii: none}; customer: {type: string, pii: none}; "
    'day: {type: date, pii: none}; amount: {type: "decimal(12,2)", pii: none}'
)
REFINED = "SELECT sale, customer, day, amount FROM bronze.sales"
APPEND = "write: append\nkeys: [sale]"
DAILY = "SELECT day, count(*) AS n, sum(amount) AS total FROM silver.sales GROUP BY day"
COUNTED = "SELECT customer, count(*) AS n FROM silver.sales GROUP BY customer"
STEPS = ("ingest", "refine", "aggregate")


class Till(Tiny):
    """A pipeline of sales in its own folder, and one warehouse."""

    def sales(self, sql: str = REFINED, rest: str = APPEND) -> Till:
        """Bronze and silver sales."""
        self.bronze("sales", SALES)
        self.silver("sales", sql, rest)
        return self

    def gold(self, name: str, sql: str, rest: str) -> None:
        """A gold table over ``silver.sales``, unless ``rest`` names another source."""
        self._computed("gold", name, sql, rest)

    def features(self, name: str, sql: str, rest: str = "keys: [customer]") -> None:
        """A feature table."""
        self._computed("features", name, sql, rest)

    def model(self, declared: str, labels: str) -> None:
        """A model of ``gold.activity``, the sales of a customer; ``labels`` is the SQL of
        ``gold.bought``, known a day later."""
        self.features("activity", COUNTED)
        self._computed("labels", "bought", labels, "keys: [customer]\nhorizon: 1 days")
        self.declare("model.yml", declared)

    def _computed(self, folder: str, name: str, sql: str, rest: str) -> None:
        source = "" if "source:" in rest else "source: silver.sales\n"
        head = f"table: gold.{name}\ndescription: Computed\n{source}"
        self.declare(f"{folder}/{name}.yml", f"{head}{rest}\n")
        self.declare(f"{folder}/{name}.sql", sql)

    def suite(self, table: str, *expectations: dict[str, Any]) -> None:
        """The expectations of a table."""
        text = json.dumps({"name": table, "expectations": list(expectations)}, indent=1)
        s.written(self.home / "expectations" / "tiny" / f"{table}.json", text)

    def land(self, source: str, day: str, *rows: dict[str, Any], part: str = "part-0") -> Path:
        """One JSON file of a source's day."""
        return s.written(self.landing / source / day / f"{part}.jsonl", s.as_json(rows))

    def sale(self, number: str, day: str, *, part: str = "part-0", **other: Any) -> Path:
        """A file with one sale."""
        return self.land("sales", day, sale(number, day, **other), part=part)


def sale(number: str, day: str, **other: Any) -> dict[str, Any]:
    """A sale to C1 for 1.00."""
    return {"sale": number, "customer": "C1", "day": day, "amount": "1.00"} | other


def run(
    till: Till, spark: SparkSession, *days: str, steps: Sequence[str] = STEPS, **options: Any
) -> list[RefreshOutcome]:
    """Run the steps for each day and return all outcomes, failed ones included."""
    outcomes: list[RefreshOutcome] = []
    for day in days:
        lake = till.shop(spark).opened()
        outcomes += lake.run("run", date=day, steps=list(steps), **options)
    return outcomes


def command(till: Till, spark: SparkSession, *words: str) -> int:
    """Run ``lakehouse STEP …`` and return its exit code."""
    return till.shop(spark).command(words[0], *words[1:])


def read(till: Till, spark: SparkSession, table: str) -> DataFrame:
    """Read a table by path."""
    return till.shop(spark).read(table)


def rows(till: Till, spark: SparkSession, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of a table as text, sorted."""
    frame = read(till, spark, table)
    names = columns or tuple(frame.columns)
    found = frame.select(*names).collect()
    return sorted((tuple(None if v is None else str(v) for v in row) for row in found), key=str)


def by_table(outcomes: Sequence[RefreshOutcome]) -> dict[str, RefreshOutcome]:
    """The last outcome of each table."""
    return {outcome.table: outcome for outcome in outcomes}


def sql(till: Till, spark: SparkSession, text: str, table: str) -> None:
    """Run a statement on a table, ``{}`` for its name, without the library."""
    path = Shop(spark, till.landing, till.home / "shop").warehouse / table.replace(".", "/")
    spark.sql(text.format(f"delta.`{path}`"))


def not_null(column: str, rule: str, mostly: float = 1.0, **meta: Any) -> dict[str, Any]:
    """A critical rule: the column is not NULL."""
    return {
        "type": "expect_column_values_to_not_be_null",
        "kwargs": {"column": column, "mostly": mostly},
        "severity": "critical",
        "meta": {"id": rule, **meta},
    }
