"""Maintenance beside refreshes: small files are compacted, expired rows leave bronze and
quarantine, and no version goes that a table still has to read."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from pyspark.sql import SparkSession
from till import (
    DAILY,
    MON,
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

from lakehouse.refresh.maintenance import maintain
from lakehouse.refresh.table_names import locked

THU = "2026-03-05"
AT_ONCE = ["--set", "keep_history=0 days"]
SILVER = ["--tables", "silver.sales"]
PEOPLE = (
    "person: {type: string, pii: none}; city: {type: string, pii: none}; "
    "at: {type: timestamp, pii: none}"
)


def keep(till: Till, table: str, days: str) -> None:
    """Declare how long a bronze table keeps its rows."""
    file = till.conf / "pipelines" / "tiny" / "bronze" / f"{table}.yml"
    file.write_text(file.read_text() + f"keep: {days}\n")


def later(till: Till, home: Path, *tables: str, hours: int = 2) -> Till:
    """A copy in which the commits of the tables, and the files that they removed, are older."""
    copy, earlier = till.copied(home), 3600 * hours
    for table in tables:
        folder = copy.home / "shop" / "warehouse" / table.replace(".", "/")
        for file in filter(Path.is_file, folder.rglob("*")):
            old = file.stat().st_mtime - earlier
            if file.suffix == ".json":
                removed = re.compile(r'(?<="deletionTimestamp":)\d+')
                text = removed.sub(lambda at: str(int(at[0]) - 1000 * earlier), file.read_text())
                file.write_text(text)
                file.with_name(f".{file.name}.crc").unlink(missing_ok=True)
            os.utime(file, (old, old))
    return copy


def files(till: Till, table: str) -> set[Path]:
    """The Parquet files in the folder of a table, whether they are part of it or not."""
    folder = till.shop(None).warehouse / table.replace(".", "/")  # type: ignore[arg-type]
    return {path for path in folder.rglob("*.parquet") if "_delta_log" not in path.parts}


def test_a_version_that_gold_has_not_read_stays_until_it_has(
    built_on_monday: Till, tmp_path: Path, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    till = built_on_monday.copied(tmp_path / "now")
    for number, day in (("S2", TUE), ("S3", WED)):
        till.sale(number, day)
        run(till, spark, day, steps=["ingest", "refine"])
    written = {path.name for path in files(till, "silver.sales")}
    assert command(till, spark, "maintain", *AT_ONCE, *SILVER) == 0
    assert "silver.sales: 3 → 1 files" in capsys.readouterr().out
    till = later(till, tmp_path / "later", "silver.sales")
    assert command(till, spark, "maintain", *AT_ONCE, *SILVER) == 0
    assert "earlier versions kept for gold.daily (version 0)" in capsys.readouterr().out
    assert written < {path.name for path in files(till, "silver.sales")}
    assert command(till, spark, "aggregate", "--date", WED, "--log-level", "info") == 0
    assert "gold.daily: incremental" in capsys.readouterr().err
    assert rows(till, spark, "gold.daily", "day", "n") == [(MON, "1"), (TUE, "1"), (WED, "1")]
    # Now nobody needs them.
    assert command(till, spark, "maintain", *AT_ONCE, *SILVER) == 0
    assert f"silver.sales: {len(written)} files removed" in capsys.readouterr().out
    assert len(files(till, "silver.sales")) == 1
    assert command(till, spark, "maintain", *AT_ONCE, *SILVER) == 0
    assert "silver.sales: nothing to do" in capsys.readouterr().out
    assert {o.status for o in run(till, spark, WED)} == {"skipped"}
    records = till.shop(spark).runs("step = 'maintain' AND table = 'silver.sales'")
    assert [record["status"] for record in records].count("passed") == 2
    assert {str(record["date"]) for record in records} == {WED}


def test_the_default_history_keeps_what_was_compacted_and_a_dry_run_changes_nothing(
    tuesday: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    till = tuesday
    tables = till.shop(spark).opened().context.tables
    before = {name: tables.commits(name) for name in ("bronze.sales", "silver.sales")}
    only = ["--tables", "bronze.sales,silver.sales"]
    assert command(till, spark, "maintain", *only, "--dry-run") == 0
    assert "silver.sales: 2 files would be compacted" in capsys.readouterr().out
    assert {name: tables.commits(name) for name in before} == before
    written = files(till, "silver.sales")
    assert command(till, spark, "maintain", *only) == 0
    assert written < files(till, "silver.sales")
    assert tables.read("silver.sales", 1).count() == 2
    assert command(till, spark, "maintain", *only) == 0
    done = {name: [c.operation for c in tables.commits(name)] for name in before}
    assert {name: ops.count("OPTIMIZE") for name, ops in done.items()} == dict.fromkeys(before, 1)
    assert {name: ops.count("SET TBLPROPERTIES") for name, ops in done.items()} == dict.fromkeys(
        before, 1
    )


def test_a_version_that_a_model_was_trained_on_stays(
    built_on_tuesday: Till, tmp_path: Path, spark: SparkSession
) -> None:
    till = built_on_tuesday.copied(tmp_path / "now")
    sql(till, spark, "OPTIMIZE {}", "gold.daily")
    till = later(till, tmp_path / "later", "gold.daily")
    context = till.shop(spark).opened().context
    settings = context.settings.model_copy(update={"keep_history": "0 days"})
    context = replace(context, settings=settings)

    def maintain_daily(models: dict[str, list[int]]) -> list[str]:
        with locked(context, ["gold.daily"]):
            return maintain(
                context, "gold.daily", day=None, models=models, clock=lambda: datetime.now(UTC)
            ).kept_for

    assert maintain_daily({"gold.daily": [1]}) == ["a registered model (version 1)"]
    assert context.tables.read("gold.daily", 1).count() == 2
    assert maintain_daily({}) == []
    assert len(files(till, "gold.daily")) == 1


@pytest.fixture
def aging(tmp_path: Path, privacy_key: str) -> Till:
    """Sales with a quarantine and people with a history, whose bronze rows expire after a day."""
    till = Till(tmp_path)
    till.sales(rest="write: append\nexpectations: silver.sales")
    till.suite("silver.sales", not_null("customer", "customer_is_present", 0.1))
    till.bronze("people", PEOPLE)
    history = "write: scd2\nkeys: [person]\nsequence_by: at"
    till.silver("people", "SELECT person, city, at FROM bronze.people", history)
    for name in ("sales", "people"):
        keep(till, name, "1 day")
    return till


def person(city: str, day: str) -> dict[str, Any]:
    return {"person": "P1", "city": city, "at": f"{day}T08:00:00Z"}


def test_expired_rows_leave_bronze_and_quarantine_and_nothing_else(
    aging: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    till = aging
    for number, (day, city) in enumerate(((MON, "Ribe"), (TUE, "Vejle"), (WED, "Odder"))):
        bad = sale(f"B{number}", day, customer=None)
        till.land("sales", day, sale(f"S{number}", day), bad)
        till.land("people", day, person(city, day))
        run(till, spark, day, steps=["ingest", "refine"])
    silver = rows(till, spark, "silver.sales", "sale")
    tables = "bronze.sales,bronze.people,silver.sales"
    assert command(till, spark, "maintain", "--tables", tables) == 0
    said = capsys.readouterr().out
    assert f"bronze.sales: 2 rows known before {TUE} deleted" in said
    assert f"quarantine.silver_sales: 1 rows known before {TUE} deleted" in said
    assert rows(till, spark, "bronze.sales", "sale") == [("B1",), ("B2",), ("S1",), ("S2",)]
    assert rows(till, spark, "quarantine.silver_sales", "sale") == [("B1",), ("B2",)]
    # Silver is not stopped, and no file comes in again.
    assert {o.status for o in run(till, spark, WED, steps=["ingest", "refine"])} == {"skipped"}
    till.land("sales", THU, sale("S3", THU))
    till.land("people", TUE, person("Vejle East", TUE), part="part-1")
    outcomes = by_table(run(till, spark, TUE, steps=["ingest", "refine"]))
    assert outcomes["silver.people"].status == "passed"
    outcomes = by_table(run(till, spark, THU, steps=["ingest", "refine"]))
    assert outcomes["silver.sales"].status == "passed"
    assert rows(till, spark, "silver.sales", "sale") == [*silver, ("S3",)]
    # The late row made silver read the history of its key again, of which bronze has a part.
    known = rows(till, spark, "silver.people", "city", "valid_from")
    assert ("Ribe", f"{MON} 08:00:00") in known
    # Nor does a full refresh lose what bronze no longer has.
    people = rows(till, spark, "silver.people")
    assert command(till, spark, "refine", "--date", THU, "--full-refresh") == 0
    assert rows(till, spark, "silver.sales", "sale") == [*silver, ("S3",)]
    assert rows(till, spark, "silver.people") == people


def test_expired_rows_wait_for_who_has_not_read_them(
    aging: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    till = aging
    till.sale("S0", MON)
    run(till, spark, MON, steps=["ingest", "refine"])
    till.sale("S1", TUE)
    run(till, spark, TUE, steps=["ingest"])
    words = ["maintain", "--tables", "bronze.sales", "--date", THU]
    assert command(till, spark, *words) == 0
    said = capsys.readouterr().out
    assert "bronze.sales: expired rows wait for silver.sales to read them" in said
    assert len(rows(till, spark, "bronze.sales", "sale")) == 2
    run(till, spark, TUE, steps=["refine"])
    assert command(till, spark, *words) == 0
    assert rows(till, spark, "bronze.sales", "sale") == []
    assert rows(till, spark, "silver.sales", "sale") == [("S0",), ("S1",)]
    assert by_table(run(till, spark, THU, steps=["ingest"]))["bronze.sales"].status == "skipped"


def test_maintenance_beside_a_run_leaves_both_right(
    monday: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    till = monday
    days = [f"2026-03-{number:02}" for number in range(3, 7)]
    for day in days:
        till.sale(f"S-{day}", day)
    statuses: list[str] = []

    def refresh() -> None:
        for day in days:
            statuses.extend(outcome.status for outcome in run(till, spark, day))

    thread = Thread(target=refresh)
    thread.start()
    tables = ["--tables", "bronze.sales,silver.sales,gold.daily"]
    codes = [command(till, spark, "maintain", *AT_ONCE, *tables)]
    while thread.is_alive():
        codes.append(command(till, spark, "maintain", *AT_ONCE, *tables))
    thread.join()
    assert set(codes) == {0}
    assert statuses == ["passed"] * 3 * len(days)
    expected = [(day, "1") for day in (MON, *days)]
    assert rows(till, spark, "gold.daily", "day", "n") == expected
    assert read(till, spark, "silver.sales").count() == len(expected)


def test_a_table_is_compacted_by_the_column_that_it_is_clustered_by(
    till: Till, spark: SparkSession
) -> None:
    till.silver("sales", "SELECT sale, customer, day, amount FROM bronze.sales",
                "write: append\nkeys: [sale]\ncluster_by: day")  # fmt: skip
    till.gold("daily", DAILY, "write: replace_keys\nkeys: [day]")
    for number, day in enumerate((MON, TUE)):
        till.sale(f"S{number}", day)
        run(till, spark, day)
    assert command(till, spark, "maintain", "--tables", "silver.sales") == 0
    tables = till.shop(spark).opened().context.tables
    (optimized,) = [c for c in tables.commits("silver.sales") if c.operation == "OPTIMIZE"]
    assert "day" in optimized.parameters["zOrderBy"]
    assert {o.status for o in run(till, spark, TUE)} == {"skipped"}


def test_commits_too_old_for_delta_are_not_read_where_no_row_changed(
    built_on_monday: Till, tmp_path: Path, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    till = built_on_monday.copied(tmp_path / "now")
    read_from = ("bronze.sales", "silver.sales")
    for table in read_from:
        sql(till, spark, "ALTER TABLE {} SET TBLPROPERTIES ('a' = 'b')", table)
    till = later(till, tmp_path / "later", *read_from, hours=20 * 24)
    till.sale("S2", TUE)
    steps = ["--steps", "ingest,refine", "--log-level", "info"]
    assert command(till, spark, "run", "--date", TUE, *steps) == 0
    assert "silver.sales: incremental" in capsys.readouterr().err
    # Changes that are too old can only be computed whole.
    till = later(till, tmp_path / "even later", "silver.sales", hours=20 * 24)
    till.sale("S3", WED)
    assert command(till, spark, "run", "--date", WED, "--steps", "ingest,refine") == 0
    assert command(till, spark, "aggregate", "--date", WED, "--log-level", "info") == 0
    assert "gold.daily: full" in capsys.readouterr().err
    assert rows(till, spark, "gold.daily", "day") == [(MON,), (TUE,), (WED,)]
