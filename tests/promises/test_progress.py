"""Progress of a table after it or its inputs were restored, recreated or vacuumed, after its log
expired, without metrics, and after a metastore error: no row is lost or duplicated."""

from __future__ import annotations

import os
import shutil
import time

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from session_settings import changed_settings
from till import (
    COUNTED,
    MON,
    REFINED,
    TUE,
    WED,
    Till,
    by_table,
    command,
    not_null,
    read,
    rows,
    run,
    sale,
    sql,
)

from lakehouse.storage.history import Commit
from lakehouse.storage.tables import Tables

ANY_RETENTION = {"spark.databricks.delta.retentionDurationCheck.enabled": "false"}


def test_a_restored_table_continues_from_the_restored_version(
    tuesday: Till, spark: SparkSession
) -> None:
    till = tuesday
    for table in ("silver.sales", "gold.daily"):
        sql(till, spark, "RESTORE TABLE {} TO VERSION AS OF 0", table)
        assert len(rows(till, spark, table)) == 1
    run(till, spark, TUE, steps=["refine", "aggregate"])
    assert rows(till, spark, "silver.sales", "sale") == [("S1",), ("S2",)]
    assert rows(till, spark, "gold.daily", "day", "n") == [(MON, "1"), (TUE, "1")]


def test_a_source_that_was_deleted_and_loaded_again_replaces_the_derived_rows(
    monday: Till, spark: SparkSession
) -> None:
    till = monday
    file = till.landing / "sales" / MON / "part-0.jsonl"
    file.write_text(file.read_text().replace("1.00", "5.00"))
    shutil.rmtree(till.home / "shop" / "warehouse" / "bronze" / "sales")
    run(till, spark, MON)
    assert rows(till, spark, "silver.sales", "amount") == [("5.00",)]
    assert rows(till, spark, "gold.daily", "total") == [("5.00",)]


def test_without_metrics_what_is_new_is_counted_in_the_rows(
    till: Till, spark: SparkSession
) -> None:
    with changed_settings(spark, {"spark.databricks.delta.history.metricsEnabled": "false"}):
        till.sale("S1", MON)
        run(till, spark, MON, steps=["ingest", "refine"])
        till.sale("S2", TUE)
        outcomes = by_table(run(till, spark, TUE, steps=["ingest", "refine"]))
    assert outcomes["silver.sales"].rows_written == 1
    assert len(rows(till, spark, "silver.sales")) == 2


def test_a_history_that_cannot_be_read_once_does_not_mean_an_absent_table(
    monday: Till, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = monday
    real, failed = type(spark).sql, []

    def hiccup(self: SparkSession, text: str, *args: object, **named: object) -> object:
        if "DESCRIBE HISTORY" in text and "bronze/sales" in text and not failed:
            failed.append(text)
            raise AnalysisException("HiveException: Unable to instantiate the metastore client")
        return real(self, text, *args, **named)

    with monkeypatch.context() as patch:
        # As where the files of the log do not tell, or are in other storage: Delta is asked.
        patch.setattr("lakehouse.storage.tables.read_commits", lambda *_: None)
        patch.setattr(type(spark), "sql", hiccup)
        assert command(till, spark, "ingest", "--date", MON) == 3
    assert len(rows(till, spark, "bronze.sales", "sale")) == 1
    assert command(till, spark, "ingest", "--date", MON) == 0
    assert len(rows(till, spark, "bronze.sales", "sale")) == 1


def test_gold_continues_after_the_change_data_feed_was_vacuumed(
    monday: Till, spark: SparkSession
) -> None:
    till = monday
    till.sale("S2", TUE)
    run(till, spark, TUE, steps=["ingest", "refine"])
    sql(till, spark, "DELETE FROM {} WHERE sale = 'S2'", "silver.sales")
    sql(till, spark, "OPTIMIZE {}", "silver.sales")
    with changed_settings(spark, ANY_RETENTION):
        sql(till, spark, "VACUUM {} RETAIN 0 HOURS", "silver.sales")
    assert command(till, spark, "aggregate", "--date", TUE) == 0
    assert rows(till, spark, "gold.daily", "day") == [(MON,)]


def test_rows_that_somebody_deleted_from_bronze_stop_silver(
    till: Till, spark: SparkSession
) -> None:
    till.sale("S1", MON)
    till.sale("S2", MON, part="part-1")
    run(till, spark, MON, steps=["ingest", "refine"])
    sql(till, spark, "DELETE FROM {} WHERE sale = 'S2'", "bronze.sales")
    assert command(till, spark, "refine", "--date", MON) == 2
    assert len(rows(till, spark, "silver.sales", "sale")) == 2
    assert command(till, spark, "refine", "--date", MON, "--full-refresh") == 0
    assert rows(till, spark, "silver.sales", "sale") == [("S1",)]


def test_silver_is_not_rebuilt_from_a_source_that_lacks_days(
    tuesday: Till, spark: SparkSession
) -> None:
    till = tuesday
    sql(till, spark, "DELETE FROM {} WHERE sale = 'S1'", "bronze.sales")
    shutil.rmtree(till.home / "shop" / "warehouse" / "bronze" / "sales")
    (till.landing / "sales" / MON / "part-0.jsonl").unlink()
    assert command(till, spark, "run", "--date", TUE, "--steps", "ingest,refine") == 2
    assert len(rows(till, spark, "silver.sales", "sale")) == 2
    full = ["--date", TUE, "--full-refresh"]
    assert command(till, spark, "refine", *full) == 0
    assert len(rows(till, spark, "silver.sales", "sale")) == 2
    assert command(till, spark, "refine", *full, "--drop-orphans") == 0
    assert rows(till, spark, "silver.sales", "sale") == [("S2",)]


def test_silver_whose_log_has_expired_is_not_rebuilt_from_a_source_that_lacks_days(
    tuesday: Till, spark: SparkSession
) -> None:
    till = tuesday
    expire_log(till, spark, "silver.sales")
    sql(till, spark, "DELETE FROM {} WHERE sale = 'S1'", "bronze.sales")
    till.sale("S3", WED)
    run_wednesday = ["run", "--date", WED, "--steps", "ingest,refine"]
    assert command(till, spark, *run_wednesday) == 2
    assert rows(till, spark, "silver.sales", "sale") == [("S1",), ("S2",)]
    assert command(till, spark, *run_wednesday, "--full-refresh", "--drop-orphans") == 0


def test_a_quarantine_table_whose_tag_has_expired_is_appended_to(
    till: Till, spark: SparkSession
) -> None:
    till.silver("sales", REFINED, "write: append\nkeys: [sale]\nexpectations: silver.sales")
    till.suite("silver.sales", not_null("customer", "customer_is_present", 0.1))
    name = "quarantine.silver_sales"
    till.land("sales", MON, sale("S1", MON), sale("S2", MON, customer=None))
    run(till, spark, MON, steps=["ingest", "refine"])
    expire_log(till, spark, name)
    till.land("sales", TUE, sale("S3", TUE), sale("S4", TUE, customer=None))
    run(till, spark, TUE, steps=["ingest", "refine"])
    assert rows(till, spark, name, "sale") == [("S2",), ("S4",)]


def expire_log(till: Till, spark: SparkSession, table: str) -> None:
    """Expire the commits of the table, as after forty days with maintenance only."""
    log = till.home / "shop" / "warehouse" / table.replace(".", "/") / "_delta_log"
    written = sorted(log.glob("*.json"))
    maintain(till, spark, table, 3)
    for age, file in enumerate(sorted(log.glob("*"))):
        if file.is_file():
            old = time.time() - 40 * 86400 + age
            os.utime(file, (old, old))
    maintain(till, spark, table, 2)
    assert [file for file in written if file.exists()] == []


def maintain(till: Till, spark: SparkSession, table: str, commits: int) -> None:
    """Commits that change no row, with a checkpoint after every second one."""
    for number in range(commits):
        properties = f"'delta.checkpointInterval' = '2', 'maintained' = '{number}'"
        sql(till, spark, f"ALTER TABLE {{}} SET TBLPROPERTIES ({properties})", table)


def test_a_full_refresh_of_features_keeps_the_other_days(
    tuesday: Till, spark: SparkSession
) -> None:
    till = tuesday
    till.features("activity", COUNTED)
    till.shop(spark).run(MON, TUE, steps=["features"])
    expected = [(MON, "1"), (TUE, "2")]
    assert rows(till, spark, "gold.activity", "as_of", "n") == expected
    outcomes = run(till, spark, TUE, steps=["features"], full_refresh=True)
    assert (outcomes[0].status, outcomes[0].rows_written) == ("passed", 1)
    assert rows(till, spark, "gold.activity", "as_of", "n") == expected


def test_a_new_day_of_features_does_not_read_the_whole_log(
    monday: Till, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = monday
    till.features("activity", COUNTED)
    run(till, spark, MON, TUE, steps=["features"])
    limits: list[int | None] = []
    read_commits = Tables.commits

    def note(self: Tables, table: str, limit: int | None = None) -> list[Commit]:
        limits.extend([limit] if table == "gold.activity" else [])
        return read_commits(self, table, limit)

    monkeypatch.setattr("lakehouse.storage.tables.RECENT", 1)
    monkeypatch.setattr(Tables, "commits", note)
    assert run(till, spark, WED, steps=["features"])[0].status == "passed"
    assert None not in limits
    assert run(till, spark, MON, steps=["features"])[0].status == "skipped"
    assert None in limits


def test_features_whose_sql_was_changed_and_changed_back_are_computed_again(
    monday: Till, spark: SparkSession
) -> None:
    till = monday
    till.features("activity", COUNTED)
    run(till, spark, MON, steps=["features"])
    till.features("activity", COUNTED.replace("count(*)", "count(*) * 1000"))
    run(till, spark, MON, steps=["features"])
    assert rows(till, spark, "gold.activity", "n") == [("1000",)]
    till.features("activity", COUNTED)
    run(till, spark, MON, steps=["features"])
    assert rows(till, spark, "gold.activity", "n") == [("1",)]
    again = run(till, spark, MON, steps=["features"])
    assert again[0].status == "skipped"


def test_maintenance_of_an_input_is_no_change(monday: Till, spark: SparkSession) -> None:
    till = monday
    till.features("activity", COUNTED)
    run(till, spark, MON, steps=["features"])
    for table in ("bronze.sales", "silver.sales"):
        sql(till, spark, "OPTIMIZE {}", table)
        sql(till, spark, "ALTER TABLE {} SET TBLPROPERTIES ('a' = 'b')", table)
    before = read(till, spark, "gold.daily").count()
    outcomes = run(till, spark, MON, steps=["refine", "aggregate", "features"])
    assert {outcome.status for outcome in outcomes} == {"skipped"}
    assert read(till, spark, "gold.daily").count() == before
