"""A run is undone as a whole or not at all: afterwards its day can be run again, and gives the same
tables; what stands on it is named; a killed undo continues."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from session_settings import changed_settings
from shop import Rows
from test_progress import ANY_RETENTION
from till import (
    DAILY,
    MON,
    REFINED,
    TUE,
    WED,
    Till,
    command,
    not_null,
    rows,
    run,
    sale,
    sql,
)

from lakehouse.errors import UsageError
from lakehouse.storage import taking_back

STEPS = ("ingest", "refine", "aggregate", "features")
PEOPLE = (
    "person: {type: string, pii: none}; city: {type: string, pii: none}; "
    "at: {type: timestamp, pii: none}"
)


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory, privacy_key: str) -> Till:
    """Every kind of table, declared: two sources, a quarantine, a history, gold and features."""
    till = Till(tmp_path_factory.mktemp("week"))
    till.sales(rest="write: append\nexpectations: silver.sales")
    till.suite("silver.sales", not_null("customer", "customer_is_present", 0.1))
    till.bronze("people", PEOPLE)
    history = "write: scd2\nkeys: [person]\nsequence_by: at"
    till.silver("people", "SELECT person, city, at FROM bronze.people", history)
    till.gold("daily", DAILY, "write: replace_keys\nkeys: [day]")
    seen = "SELECT customer, count(*) AS n FROM silver.sales GROUP BY customer"
    till.features("seen", seen)
    till.land("sales", MON, sale("S1", MON), sale("S2", MON, customer=None))
    till.land("people", MON, {"person": "P1", "city": "Ribe", "at": f"{MON}T08:00:00Z"})
    till.land("sales", TUE, sale("S3", MON), sale("S4", TUE), sale("S5", TUE, customer=None))
    till.land("people", TUE, {"person": "P1", "city": "Vejle", "at": f"{TUE}T08:00:00Z"})
    return till


def run_ids(till: Till, spark: SparkSession) -> list[str]:
    """The ids of the refreshing runs, oldest first."""
    records = till.shop(spark).runs("step NOT IN ('undo', 'maintain')")
    return sorted({record["run_id"] for record in records})


def ledger(till: Till, spark: SparkSession) -> list[tuple[Any, ...]]:
    return rows(till, spark, "ops.files", "table", "path", "rows", "outcome", "content_hash")


def versions(till: Till, spark: SparkSession) -> dict[str, int]:
    tables = till.shop(spark).opened().context.tables
    names = [*till.shop(spark).tables(), "ops.files"]
    return {name: tables.commits(name, limit=1)[0].version for name in names}


def everything(till: Till, spark: SparkSession) -> dict[str, Rows]:
    return till.shop(spark).everything()


def test_a_run_is_taken_back_from_every_table_and_can_be_run_again(
    week: Till, tmp_path: Path, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    till = week.copied(tmp_path)
    run(till, spark, MON, steps=STEPS)
    monday, files = everything(till, spark), ledger(till, spark)
    run(till, spark, TUE, steps=STEPS)
    tuesday = everything(till, spark)
    written = versions(till, spark)
    undone = run_ids(till, spark)[-1]
    assert {"gold.seen", "quarantine.silver_sales", "silver.people"} <= set(tuesday)

    capsys.readouterr()
    assert command(till, spark, "undo", "--run", undone, "--dry-run") == 0
    shown = capsys.readouterr().out
    assert [line.partition(":")[0] for line in shown.splitlines()][:2] == ["ops.files", "gold.seen"]
    assert "silver.people: would be restored to version 0 (of 1)" in shown
    assert versions(till, spark) == written

    assert command(till, spark, "undo", "--run", undone) == 0
    assert everything(till, spark) == monday
    assert ledger(till, spark) == files
    records = till.shop(spark).runs("step = 'undo'")
    assert {record["table"] for record in records} == set(written)
    assert {str(record["date"]) for record in records} == {TUE}
    assert len(till.shop(spark).runs(f"run_id = '{undone}'")) == 6
    assert command(till, spark, "undo", "--run", undone) == 0  # again: nothing is left to do
    assert len(till.shop(spark).runs("step = 'undo'")) == len(records)

    run(till, spark, TUE, steps=STEPS)
    assert everything(till, spark) == tuesday


def test_tables_that_the_run_created_count_as_not_written(
    week: Till, tmp_path: Path, spark: SparkSession
) -> None:
    till = week.copied(tmp_path)
    run(till, spark, MON, steps=STEPS)
    monday = everything(till, spark)
    assert command(till, spark, "undo", "--run", run_ids(till, spark)[0]) == 0
    lake = till.shop(spark).opened()
    assert lake.tables() == []
    with pytest.raises(UsageError, match="has not been written yet"):
        lake.read("silver.sales")
    # Its definition may change before it is built again.
    till.bronze("people", PEOPLE.replace("city: {type: string", "city: {type: binary"))
    till.silver("people", "SELECT person, CAST(city AS STRING) AS city, at FROM bronze.people",
                "write: scd2\nkeys: [person]\nsequence_by: at")  # fmt: skip
    outcomes = run(till, spark, MON, steps=STEPS)
    assert {outcome.status for outcome in outcomes} == {"passed"}
    again = everything(till, spark)
    for name in ("bronze.sales", "silver.sales", "gold.daily", "gold.seen", "silver.people"):
        assert again[name] == monday[name]


def test_a_run_on_which_later_ones_stand_is_not_undone(
    tuesday: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    till = tuesday
    first, second = run_ids(till, spark)
    before = versions(till, spark)
    assert command(till, spark, "undo", "--run", first) == 2
    said = capsys.readouterr().err
    assert f"  {second}: " in said
    for table in ("bronze.sales", "silver.sales", "gold.daily"):
        assert f"wrote {table} (version 1)" in said
    assert f"--run {second}" in said
    assert versions(till, spark) == before
    sql(till, spark, "DELETE FROM {} WHERE sale = 'S1'", "silver.sales")
    assert command(till, spark, "undo", "--run", second) == 2
    said = capsys.readouterr().err
    assert "another writer (DELETE): wrote silver.sales (version 2)" in said
    assert command(till, spark, "undo", "--run", "20260101T000000-abc") == 2
    assert "no table has a commit of a run '20260101T000000-abc'" in capsys.readouterr().err


def test_a_table_that_has_read_a_run_stands_on_it(
    monday: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    till = monday
    till.sale("S2", TUE)
    run(till, spark, TUE, steps=["ingest", "refine"])
    run(till, spark, TUE, steps=["aggregate"])
    _, refined, aggregated = run_ids(till, spark)
    assert command(till, spark, "undo", "--run", refined) == 2
    assert f"{aggregated}: gold.daily has read silver.sales" in capsys.readouterr().err
    assert command(till, spark, "undo", "--run", aggregated) == 0
    assert command(till, spark, "undo", "--run", refined) == 0
    assert rows(till, spark, "gold.daily", "day") == rows(till, spark, "silver.sales", "day")


def test_a_killed_undo_is_finished_by_the_same_command(
    tuesday: Till, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = tuesday
    undone = run_ids(till, spark)[-1]
    restore, restored = taking_back.restore, Counter[str]()

    def killed(tables: Any, table: str, *args: Any, **named: Any) -> Any:
        if table == "bronze.sales":
            raise KeyboardInterrupt
        restored[table] += 1
        return restore(tables, table, *args, **named)

    with monkeypatch.context() as patch:
        patch.setattr(taking_back, "restore", killed)
        assert command(till, spark, "undo", "--run", undone) == 3
    assert set(restored) == {"gold.daily", "silver.sales", "ops.files"}
    assert rows(till, spark, "silver.sales", "sale") == [("S1",)]
    assert len(rows(till, spark, "bronze.sales", "sale")) == 2
    assert command(till, spark, "undo", "--run", undone) == 0
    assert rows(till, spark, "bronze.sales", "sale") == [("S1",)]
    assert versions(till, spark)["silver.sales"] == 2
    recorded = Counter(record["table"] for record in till.shop(spark).runs("step = 'undo'"))
    assert recorded == Counter(["gold.daily", "silver.sales", "ops.files", "bronze.sales"])


def test_a_version_that_vacuum_removed_is_not_undone_in_part(
    tuesday: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    till = tuesday
    sql(till, spark, "OPTIMIZE {}", "silver.sales")
    with changed_settings(spark, ANY_RETENTION):
        sql(till, spark, "VACUUM {} RETAIN 0 HOURS", "silver.sales")
    before = versions(till, spark)
    assert command(till, spark, "undo", "--run", run_ids(till, spark)[-1]) == 2
    said = capsys.readouterr().err
    assert "silver.sales: version 0 can no longer be read: VACUUM removed its files" in said
    assert versions(till, spark) == before


def test_rows_that_silver_had_not_read_are_read_once_after_an_undo(
    till: Till, spark: SparkSession
) -> None:
    till.silver("sales", REFINED, "write: append")  # every row is kept, also one read twice
    till.sale("S1", MON)
    run(till, spark, MON, steps=["ingest", "refine"])
    till.sale("S2", TUE)
    run(till, spark, TUE, steps=["ingest"])
    till.sale("S3", WED)
    run(till, spark, WED, steps=["ingest"])
    assert command(till, spark, "undo", "--run", run_ids(till, spark)[-1]) == 0
    run(till, spark, WED, steps=["refine"])
    assert rows(till, spark, "silver.sales", "sale") == [("S1",), ("S2",)]
    run(till, spark, WED, steps=["ingest", "refine"])
    assert rows(till, spark, "silver.sales", "sale") == [("S1",), ("S2",), ("S3",)]
