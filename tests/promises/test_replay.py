"""Quarantined rows that join their table after a rule, the SQL or a type was corrected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import till as t
from pyspark.sql import SparkSession
from till import Till

pytestmark = pytest.mark.usefixtures("privacy_key")
MON, TUE, WED = t.MON, t.TUE, t.WED
POSITIVE = {
    "type": "expect_column_values_to_be_between",
    "kwargs": {"column": "amount", "min_value": 0, "mostly": 0.1},
    "severity": "critical",
    "meta": {"id": "amount_is_not_negative", "nulls": "pass"},
}
ANY = POSITIVE | {"kwargs": {"column": "amount", "min_value": -100, "mostly": 0.1}}
MODES = {
    "kept": "write: append",
    "keyed": "write: append\nkeys: [sale]",
    "now": "write: scd1\nkeys: [customer]\nsequence_by: day",
    "history": "write: scd2\nkeys: [customer]\nsequence_by: day",
}


def declare(home: Path, rule: dict[str, Any] = POSITIVE) -> Till:
    till = Till(home)
    till.bronze("sales", t.SALES)
    for name, write in MODES.items():
        sql = "SELECT sale, customer, day, amount FROM bronze.sales"
        till.silver(name, sql, f"{write}\nexpectations: silver.{name}", source="sales")
        till.suite(f"silver.{name}", rule)
    till.gold("daily", "SELECT day, count(*) AS n, sum(amount) AS total FROM silver.kept "
              "GROUP BY day", "source: silver.kept\nwrite: replace_keys\nkeys: [day]")  # fmt: skip
    return till


def land(till: Till) -> None:
    till.land(
        "sales",
        MON,
        t.sale("1", MON, customer="A"),
        t.sale("2", MON, customer="A", amount="-1.00"),
        t.sale("2", MON, customer="A", amount="-1.00"),
        t.sale("3", MON, customer="B", amount="-500.00"),
        t.sale("4", MON, customer="C", amount="1.234"),
    )
    till.land("sales", TUE, t.sale("5", TUE, customer="A"), t.sale("6", TUE, customer="B"))
    till.land("sales", WED, t.sale("7", WED, customer="A", amount="-2.00"), t.sale("8", WED))


def tables(till: Till, spark: SparkSession) -> dict[str, list[tuple[Any, ...]]]:
    names = [*(f"silver.{name}" for name in MODES), "gold.daily"]
    return {name: t.rows(till, spark, name) for name in names}


def quarantined(till: Till, spark: SparkSession, name: str) -> list[tuple[Any, ...]]:
    return t.rows(till, spark, f"quarantine.silver_{name}", "sale", "_failed_rules")


def test_rows_join_as_if_they_had_come_in_time(spark: SparkSession, tmp_path: Path) -> None:
    till, never = declare(tmp_path / "1"), declare(tmp_path / "2", ANY)
    for each in (till, never):
        land(each)
        t.run(each, spark, MON, TUE, WED)
    for name in MODES:
        till.suite(f"silver.{name}", ANY)
    outcomes = t.by_table(till.shop(spark).opened().run("replay"))
    kept = outcomes["silver.kept"]
    counts = (kept.rows_read, kept.rows_written, kept.rows_quarantined, kept.rows_superseded)
    assert counts == (7, 3, 2, 2)
    t.run(till, spark, WED)
    assert tables(till, spark) == tables(never, spark)
    for name in MODES:
        assert quarantined(till, spark, name) == quarantined(never, spark, name)
    # Once more changes nothing, and neither does a new day whose batch begins where it ended.
    outcomes = t.by_table(till.shop(spark).opened().run("replay", tables="silver.kept"))
    assert outcomes["silver.kept"].rows_written == 0
    for each in (till, never):
        each.land("sales", "2026-03-05", t.sale("9", "2026-03-05", amount="-700.00"),
                  t.sale("10", "2026-03-05"))  # fmt: skip
        t.run(each, spark, "2026-03-05")
    assert tables(till, spark) == tables(never, spark)
    for name in MODES:
        assert quarantined(till, spark, name) == quarantined(never, spark, name)
    runs = t.read(till, spark, "ops.runs").where("step = 'replay' AND `table` = 'silver.keyed'")
    (row,) = runs.select("date", "rows_written", "rows_quarantined").collect()
    assert [str(value) for value in row] == [WED, "2", "2"]


def test_other_sql_applies_to_quarantined_rows_only(spark: SparkSession, tmp_path: Path) -> None:
    till = declare(tmp_path)
    land(till)
    t.run(till, spark, MON, TUE, WED)
    before = t.rows(till, spark, "silver.history", "customer", "day", "amount")
    sql = "SELECT sale, customer, day, abs(amount) AS amount FROM bronze.sales"
    for name in ("history", "kept"):
        till.declare(f"silver/{name}.sql", sql)
    words = ["replay", "--tables", "silver.history,silver.kept"]
    assert t.command(till, spark, *words) == 2
    assert t.rows(till, spark, "silver.history", "customer", "day", "amount") == before
    # A table that keeps every row cannot tell quarantined rows from the others; the other runs.
    assert t.command(till, spark, *words, "--accept-change") == 2
    assert len(t.rows(till, spark, "silver.kept")) == 4
    after = t.rows(till, spark, "silver.history", "customer", "day", "amount")
    joined = [("A", WED, "2.00"), ("B", MON, "500.00")]
    assert [row for row in after if row not in before] == joined
    assert [row[0] for row in quarantined(till, spark, "history")] == ["4"]
    # Nor can stored rows be told from quarantined ones by a key that is computed in another way.
    till.declare("silver/now.sql", sql.replace("customer", "lower(customer) AS customer"))
    words = ["replay", "--tables", "silver.now", "--accept-change"]
    assert t.command(till, spark, *words) == 2


def test_a_gate_that_still_stops_changes_nothing(spark: SparkSession, tmp_path: Path) -> None:
    till = declare(tmp_path)
    land(till)
    t.run(till, spark, MON, TUE, WED)
    before = tables(till, spark), quarantined(till, spark, "kept")
    strict = ANY | {"kwargs": ANY["kwargs"] | {"mostly": 0.99}}
    till.suite("silver.kept", strict)
    assert t.command(till, spark, "replay", "--tables", "silver.kept") == 1
    assert (tables(till, spark), quarantined(till, spark, "kept")) == before
