"""A replaced file (``on_changed_file: replace``): current results come from the newest contents
only, and what was known on an earlier day can still be read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from till import MON, SALES, TUE, WED, Till, by_table, command, not_null, rows, run, sale, sql

THU = "2026-03-05"
SQL = "SELECT sale, customer, day, amount FROM bronze.sales"
TABLES = {
    "silver.every": "write: append",
    "silver.keyed": "write: append\nkeys: [sale]",
    "silver.repeats": "write: append\nkeys: all",
    "silver.newest": "write: scd1\nkeys: [sale]\nsequence_by: day",
    "silver.history": "write: scd2\nkeys: [sale]\nsequence_by: day",
}
PAST = [table for table in TABLES if table != "silver.newest"]
SAID = ("sale", "customer", "day", "amount")
OLD = (sale("S1", MON), sale("S1", MON), sale("S2", MON, amount="2.00"), sale("S3", MON))
OTHER = (sale("S1", MON, amount="9.00"), sale("S2", MON, amount="7.00"), sale("S5", TUE))
NEW = (sale("S1", MON), sale("S3", MON, amount="4.00"), sale("S4", MON))
INGEST, REFINE = ["ingest"], ["refine"]

Rows = list[tuple[Any, ...]]


def declared(home: Path, *tables: str, policy: str = "replace") -> Till:
    """Sales in silver tables that keep every row, one row per key, and a history."""
    till = Till(home)
    till.bronze("sales", SALES)
    set_policy(till, policy)
    for table in tables or TABLES:
        till.silver(table.partition(".")[2], SQL, TABLES[table], source="sales")
    return till


def set_policy(till: Till, policy: str) -> None:
    file = till.conf / "pipelines" / "tiny" / "bronze" / "sales.yml"
    lines = [line for line in file.read_text().splitlines() if "on_changed_file" not in line]
    at = lines.index("columns:")
    text = "\n".join([*lines[:at], f"on_changed_file: {policy}", *lines[at:], ""])
    till.declare("bronze/sales.yml", text)


def computed(till: Till) -> None:
    """Gold on a table of each kind, and a feature table on those with a past."""
    for name in ("every", "newest", "history"):
        till.gold(
            f"by_day_{name}",
            f"SELECT day, count(*) AS n, sum(amount) AS total FROM silver.{name} GROUP BY day",
            f"source: silver.{name}\nwrite: replace_keys\nkeys: [day]",
        )
    for name in ("every", "keyed", "history"):
        till.features(
            f"seen_{name}",
            f"SELECT sale, count(*) AS n, sum(amount) AS total FROM silver.{name} GROUP BY sale",
            f"source: silver.{name}\nkeys: [sale]",
        )


def say(till: Till, *content: dict[str, Any]) -> Path:
    """Write Monday's file, for the first time or with another content."""
    return till.land("sales", MON, *content)


def current(till: Till, spark: SparkSession) -> dict[str, Rows]:
    """The current rows of each table with the day since which they are known; a history without."""
    said = {}
    for table in TABLES:
        frame, names = till.shop(spark).read(table), [*SAID, "_known_date"]
        if table == "silver.history":
            frame = frame.where("known_to IS NULL")
            names = [*SAID, "valid_from", "valid_to", "is_current"]
        said[table] = texts(frame, *names)
    return said


def as_known(till: Till, spark: SparkSession, *days: str) -> dict[tuple[str, str], Rows]:
    """The rows of each table with a past, as known on the days."""
    lake = till.shop(spark).opened()
    return {
        (table, day): texts(lake.read(table, as_of=day), *SAID) for table in PAST for day in days
    }


def texts(frame: DataFrame, *names: str) -> Rows:
    return sorted(tuple(map(str, row)) for row in frame.select(*names).collect())


def everything(till: Till, spark: SparkSession) -> dict[str, Any]:
    """Every silver and gold table, those of replaced rows among them, but for where each row of
    these was read."""
    return {
        table: texts(frame, *(n for n in frame.columns if n != "_source_version"))
        for table in till.shop(spark).tables()
        if table.startswith(("silver.", "gold."))
        for frame in [till.shop(spark).read(table)]
    }


def test_current_results_are_those_of_the_newest_contents_and_the_past_stays(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    till, fresh = declared(tmp_path / "till"), declared(tmp_path / "fresh")
    for one in (till, fresh):
        computed(one)
        one.land("sales", TUE, *OTHER)
    steps = ["ingest", "refine", "aggregate", "features"]
    say(till, *OLD)
    run(till, spark, MON, steps=["ingest", "refine", "features"])
    run(till, spark, TUE, steps=steps)
    seen = {table: rows(till, spark, f"gold.seen_{table}") for table in ("every", "keyed")}
    seen["history"] = rows(till, spark, "gold.seen_history")
    past = as_known(till, spark, MON, TUE)
    assert past["silver.every", MON] == texts_of(OLD)
    say(till, *NEW)
    outcomes = by_table(run(till, spark, WED, steps=steps[:3]))
    assert {outcome.status for outcome in outcomes.values()} == {"passed"}
    run(fresh, spark, TUE, steps=steps[:2])
    say(fresh, *NEW)
    run(fresh, spark, WED, steps=steps[:3])
    expected = current(fresh, spark)
    assert current(till, spark) == expected
    for name in ("every", "newest", "history"):
        table = f"gold.by_day_{name}"
        assert rows(till, spark, table) == rows(fresh, spark, table)
    assert as_known(till, spark, MON, TUE) == past
    assert as_known(till, spark, WED) == as_known(fresh, spark, WED)

    again = by_table(run(till, spark, WED, steps=steps[:3]))
    assert {outcome.status for outcome in again.values()} == {"skipped"}

    held = everything(till, spark)
    run(till, spark, WED, steps=["ingest", "refine"], full_refresh=True)
    assert everything(till, spark) == held
    assert as_known(till, spark, MON, TUE) == past
    # Both days in one query, and each on its own: what features said before is what they say now.
    till.shop(spark).opened().run("features", start=MON, end=TUE)
    for name, before in seen.items():
        assert rows(till, spark, f"gold.seen_{name}") == before


def texts_of(content: tuple[dict[str, Any], ...]) -> Rows:
    return sorted(tuple(str(row[name]) for name in SAID) for row in content)


def test_days_and_one_batch_of_all_contents_give_the_same(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    days, late, first = (declared(tmp_path / name) for name in ("days", "late", "first"))
    third = (sale("S1", MON), sale("S1", MON, amount="6.00"), sale("S6", TUE))
    for till in (days, late, first):
        refining = {"days": (MON, TUE, WED, THU), "late": (MON, THU), "first": (THU,)}
        landing = {MON: OLD, WED: NEW, THU: third}
        for day in (MON, TUE, WED, THU):
            if day in landing:
                say(till, *landing[day])
            else:
                till.land("sales", TUE, *OTHER)
            run(till, spark, day, steps=INGEST)
            if day in refining[till.home.name]:
                run(till, spark, day, steps=REFINE)
    expected = everything(days, spark)
    assert len(expected["silver.every__replaced"]) == len(OLD) + len(NEW)
    assert everything(late, spark) == expected
    assert everything(first, spark) == expected


def test_a_content_without_a_row_takes_the_place_of_one_with_rows(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    till = Till(tmp_path)
    till.bronze("sales", SALES, "csv")
    set_policy(till, "replace")
    for table, rest in TABLES.items():
        till.silver(table.partition(".")[2], SQL, rest, source="sales")
    header = "sale,customer,day,amount\n"
    file = till.landing / "sales" / f"{MON}.csv"
    file.write_text(f"{header}S1,C1,{MON},1.00\n")
    (till.landing / "sales" / f"{TUE}.csv").write_text(f"{header}S2,C1,{TUE},2.00\n")
    run(till, spark, TUE, steps=["ingest", "refine"])
    past = as_known(till, spark, TUE)
    file.write_text(header)
    run(till, spark, WED, steps=["ingest", "refine"])
    for said in current(till, spark).values():
        assert [row[0] for row in said] == ["S2"]
    assert as_known(till, spark, TUE) == past
    assert {len(said) for said in as_known(till, spark, WED).values()} == {1}
    assert [o.status for o in run(till, spark, WED, steps=["ingest", "refine"])] == ["skipped"] * 6
    held = everything(till, spark)
    forget_files(till, spark)
    run(till, spark, WED, steps=["ingest", "refine"], full_refresh=True)
    assert everything(till, spark) == held


def forget_files(till: Till, spark: SparkSession) -> None:
    """Lose ``ops.files``."""
    shutil.rmtree(till.shop(spark).warehouse / "ops" / "files")


def test_a_ledger_that_is_lost_is_rebuilt_from_the_commits_of_bronze(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    till = declared(tmp_path, "silver.every")
    path = f"sales/{MON}/part-0.jsonl"
    say(till, *OLD)
    run(till, spark, MON, steps=["ingest", "refine"])
    say(till, *NEW)
    (outcome,) = run(till, spark, WED, steps=INGEST)
    (record,) = till.shop(spark).read("ops.files").collect()
    (load,) = json.loads(record["replaced"]).items()
    assert load[1] == WED
    assert (record["path"], str(record["known_date"]), record["rows"]) == (path, WED, 3)
    forget_files(till, spark)
    # As after a crash between the commit of bronze and the ledger: nothing comes in again.
    assert run(till, spark, WED, steps=INGEST)[0].status == "skipped"
    (rebuilt,) = till.shop(spark).read("ops.files").collect()
    known = ("path", "content_hash", "known_date", "rows", "replaced", "outcome")
    assert [rebuilt[name] for name in known] == [record[name] for name in known]
    run(till, spark, WED, steps=REFINE)
    assert rows(till, spark, "silver.every", *SAID) == texts_of(NEW)
    assert outcome.status == "passed"


def test_a_restored_table_is_brought_up_to_date_and_sees_no_row_twice(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    till = declared(tmp_path)
    say(till, *OLD)
    run(till, spark, MON, steps=["ingest", "refine"])
    past = as_known(till, spark, MON)
    say(till, *NEW)
    run(till, spark, WED, steps=["ingest", "refine"])
    held = everything(till, spark)
    # As after a crash between the replaced rows and the table.
    for table in PAST:
        sql(till, spark, "RESTORE TABLE {} TO VERSION AS OF 0", table)
    assert as_known(till, spark, MON) == past
    run(till, spark, WED, steps=REFINE)
    assert everything(till, spark) == held


def test_a_content_that_a_gate_stopped_is_out_of_the_way_once_it_is_replaced(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    till = declared(tmp_path, "silver.keyed")
    till.declare(
        "silver/keyed.yml",
        (till.conf / "pipelines" / "tiny" / "silver" / "keyed.yml").read_text()
        + "expectations: silver.keyed\n",
    )
    till.suite("silver.keyed", not_null("customer", "customer_is_known"))
    say(till, sale("S1", MON, customer=None), sale("S2", MON))
    assert command(till, spark, "run", "--date", MON, "--steps", "ingest,refine") == 1
    say(till, sale("S1", MON), sale("S2", MON))
    assert command(till, spark, "run", "--date", TUE, "--steps", "ingest,refine") == 0
    assert rows(till, spark, "silver.keyed", "sale") == [("S1",), ("S2",)]


def test_a_content_that_cannot_be_read_replaces_nothing_and_the_one_after_it_does(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    till = declared(tmp_path, "silver.every", "silver.newest")
    file = say(till, *OLD)
    run(till, spark, MON, steps=["ingest", "refine"])
    file.write_text("not a line of JSON\n" * 4)
    assert command(till, spark, "run", "--date", TUE, "--steps", "ingest,refine") == 1
    assert rows(till, spark, "silver.every", *SAID) == texts_of(OLD)
    say(till, *NEW)
    assert command(till, spark, "run", "--date", WED, "--steps", "ingest,refine") == 0
    assert rows(till, spark, "silver.every", *SAID) == texts_of(NEW)
    assert rows(till, spark, "silver.newest", *SAID) == texts_of(NEW)


@pytest.mark.parametrize("policy", ["reject", "new_version"])
def test_what_was_replaced_stays_replaced_under_another_policy(
    tmp_path: Path, spark: SparkSession, privacy_key: str, policy: str
) -> None:
    till = declared(tmp_path, *PAST)
    say(till, *OLD)
    run(till, spark, MON, steps=["ingest", "refine"])
    say(till, *NEW)
    run(till, spark, WED, steps=["ingest", "refine"])
    held = everything(till, spark)
    set_policy(till, policy)
    run(till, spark, WED, steps=["ingest", "refine"], full_refresh=True)
    assert everything(till, spark) == held
    run(till, spark, WED, steps=["refine"], full_refresh=True, drop_orphans=True)
    assert everything(till, spark) == held
