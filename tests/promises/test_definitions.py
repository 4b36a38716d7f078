"""A changed declaration has one outcome for each kind of change and each kind of table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from till import (
    APPEND,
    COUNTED,
    DAILY,
    MON,
    REFINED,
    SALES,
    TUE,
    Till,
    by_table,
    command,
    rows,
    run,
)

from lakehouse.refresh.outcome import RefreshOutcome

WEEKLY = (
    "SELECT date_sub(CAST(date_trunc('WEEK', date_add(day, :week_shift)) AS DATE), :week_shift) "
    "AS week, sum(amount) AS total FROM silver.sales GROUP BY week"
)
STEPS = ["ingest", "refine", "aggregate"]


@pytest.fixture
def till(till: Till) -> Till:
    till.gold("daily", DAILY, "write: replace_keys\nkeys: [day]")
    return till


def test_another_calendar_recomputes_gold(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    till = Till(tmp_path).sales()
    till.gold("weekly", WEEKLY, "write: replace_keys\nkeys: [week]")
    till.sale("S0", "2026-03-01", amount="10.00")
    till.sale("S1", MON, amount="20.00")
    run(till, spark, MON)
    assert [total for _, total in rows(till, spark, "gold.weekly")] == ["10.00", "20.00"]
    till.declare("pipeline.yml", "description: x\nowner: y\nweek_starts: sunday\n")
    till.sale("S2", MON, part="part-1")
    run(till, spark, MON)
    assert rows(till, spark, "gold.weekly") == [("2026-03-01", "31.00")]


def test_comments_and_case_are_no_change(monday: Till, spark: SparkSession) -> None:
    till = monday
    till.silver("sales", f"-- as they came\n{REFINED.replace('SELECT', 'select')}\n", APPEND)
    till.sale("S2", TUE)
    assert command(till, spark, "run", "--date", TUE, "--steps", "ingest,refine") == 0
    assert len(rows(till, spark, "silver.sales")) == 2


def test_silver_with_another_transformation_is_refused_and_the_others_run(
    monday: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    till = monday
    till.bronze("visits", "visit: {type: string, pii: none}")
    till.silver("visits", "SELECT visit FROM bronze.visits", "write: append\nkeys: [visit]")
    till.land("visits", MON, {"visit": "V1"})
    run(till, spark, MON, tables=["bronze.visits", "silver.visits"])
    wider = REFINED.replace("amount", "amount * 2 AS amount")
    till.silver("sales", wider, APPEND)
    till.sale("S2", TUE)
    till.land("visits", TUE, {"visit": "V2"})
    capsys.readouterr()
    assert command(till, spark, "run", "--date", TUE, "--steps", ",".join(STEPS)) == 2
    said = capsys.readouterr()
    assert "silver.sales was built with another definition: its transformation changed" in said.err
    assert "--full-refresh" in said.err
    assert "--accept-change" in said.err
    assert "waits for silver.sales" in said.out
    assert rows(till, spark, "silver.sales", "amount") == [("1.00",)]
    assert rows(till, spark, "gold.daily", "n") == [("1",)]
    assert len(rows(till, spark, "silver.visits")) == 2
    (refused,) = till.shop(spark).runs("table = 'silver.sales' AND status = 'skipped'")
    status = till.shop(spark).warehouse / "_status" / f"{refused['run_id']}.json"
    assert json.loads(status.read_text())["exit_code"] == 2


def test_an_accepted_change_applies_from_now_on(monday: Till, spark: SparkSession) -> None:
    till = monday
    till.silver("sales", REFINED.replace("customer,", "upper(customer) AS customer,"), APPEND)
    till.sale("S2", TUE, customer="c2")
    outcomes = run(till, spark, TUE, accept_change=True)
    assert by_table(outcomes)["silver.sales"].status == "passed"
    assert rows(till, spark, "silver.sales", "customer") == [("C1",), ("C2",)]
    till.sale("S3", "2026-03-04", customer="c3")
    assert command(till, spark, "run", "--date", "2026-03-04", "--steps", "ingest,refine") == 0


def test_a_wider_type_is_refused_until_a_full_refresh(till: Till, spark: SparkSession) -> None:
    till.bronze("sales", SALES.replace("decimal(12,2)", "decimal(12,4)"))
    till.silver(
        "sales", REFINED.replace("amount", "CAST(amount AS DECIMAL(12, 2)) AS amount"), APPEND
    )
    till.sale("S1", MON)
    run(till, spark, MON)
    till.silver("sales", REFINED, APPEND)
    till.sale("S2", TUE, amount="1.2345")
    run_tuesday = ["run", "--date", TUE, "--steps", ",".join(STEPS)]
    assert command(till, spark, *run_tuesday) == 2
    assert command(till, spark, *run_tuesday, "--accept-change") == 2
    assert rows(till, spark, "silver.sales", "sale") == [("S1",)]
    assert command(till, spark, "refine", "--date", TUE, "--full-refresh") == 0
    assert rows(till, spark, "silver.sales", "amount") == [("1.0000",), ("1.2345",)]
    assert command(till, spark, "aggregate", "--date", TUE) == 2
    assert rows(till, spark, "gold.daily", "total") == [("1.00",)]
    assert command(till, spark, "aggregate", "--date", TUE, "--accept-change") == 0
    assert rows(till, spark, "gold.daily", "total") == [("1.0000",), ("1.2345",)]


NARROW, WIDE = "SELECT sale, day FROM bronze.sales", "SELECT sale, day, amount FROM bronze.sales"
WRITES = {
    "keyed": APPEND,
    "every": "write: append",
    "newest": "write: scd1\nkeys: [sale]\nsequence_by: day",
    "history": "write: scd2\nkeys: [sale]\nsequence_by: day",
}


@pytest.fixture(scope="module")
def widened(
    tmp_path_factory: pytest.TempPathFactory, spark: SparkSession, privacy_key: str
) -> tuple[Till, dict[str, RefreshOutcome]]:
    """A table per write mode with a new column on Tuesday, and how its first refresh ended, before
    the table declares that it takes new columns."""
    till = Till(tmp_path_factory.mktemp("widened"))
    till.bronze("sales", SALES)

    def declare(sql: str, more: str = "") -> None:
        for name, write in WRITES.items():
            till.silver(name, sql, f"{write}{more}", source="sales")

    declare(NARROW)
    till.sale("S1", MON)
    run(till, spark, MON, steps=["ingest", "refine"])
    declare(WIDE)
    till.sale("S2", TUE)
    run_tuesday = ["run", "--date", TUE, "--steps", "ingest,refine"]
    refused = by_table(run(till, spark, TUE, steps=["ingest", "refine"]))
    assert command(till, spark, *run_tuesday) == 2
    declare(WIDE, "\non_schema_change: append_new_columns")
    assert command(till, spark, *run_tuesday) == 0
    return till, refused


@pytest.mark.parametrize("name", WRITES)
def test_a_new_column_is_accepted_if_the_table_declares_it(
    widened: tuple[Till, dict[str, RefreshOutcome]], spark: SparkSession, name: str
) -> None:
    till, refused = widened
    error = refused[f"silver.{name}"].error
    assert error is not None
    assert error.exit_code == 2
    found = rows(till, spark, f"silver.{name}", "sale", "amount")
    assert found == [("S1", None), ("S2", "1.00")]


def test_another_key_or_treatment_never_mixes_with_the_old_one(
    tmp_path: Path, spark: SparkSession, privacy_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = Till(tmp_path)
    people = "visit: {type: string, pii: none}; person: {type: string, pii: customer_id}; "
    till.bronze("visits", people + "nick: {type: string, pii: none}")
    visits = "SELECT visit, person, nick FROM bronze.visits"
    till.silver("visits", visits, "write: append\nkeys: [visit]")
    till.land("visits", MON, {"visit": "V1", "person": "C1", "nick": "annie"})
    run(till, spark, MON)
    till.land("visits", TUE, {"visit": "V2", "person": "C1", "nick": "annie"})
    run_tuesday = ["run", "--date", TUE, "--steps", "ingest,refine"]
    with monkeypatch.context() as patch:
        patch.setenv("LAKEHOUSE_PRIVACY_KEY", "another key another key another key")
        assert command(till, spark, *run_tuesday) == 2
        assert command(till, spark, *run_tuesday, "--accept-change") == 2
    assert len(rows(till, spark, "silver.visits")) == 1
    till.bronze("visits", people + "nick: {type: string, pii: person_name}")
    till.silver("visits", visits.replace(", nick", ""), "write: append\nkeys: [visit]")
    assert command(till, spark, *run_tuesday) == 2
    assert command(till, spark, *run_tuesday, "--full-refresh") == 0
    assert "annie" not in str(rows(till, spark, "silver.visits"))
    assert len(rows(till, spark, "silver.visits")) == 2


def test_a_snapshot_refuses_another_treatment_and_goes_on_with_another_query(
    monday: Till, spark: SparkSession
) -> None:
    till = monday
    till.features("activity", COUNTED)
    assert command(till, spark, "features", "--date", MON) == 0
    steps = "ingest,refine,features"
    till.features("activity", COUNTED.replace("count(*)", "count(*) + 1"))
    till.sale("S2", TUE)
    assert command(till, spark, "run", "--date", TUE, "--steps", steps) == 0
    assert rows(till, spark, "gold.activity", "n") == [("1",), ("3",)]
    till.bronze("sales", SALES.replace("customer: {type: string, pii: none}",
                                       "customer: {type: string, pii: customer_id}"))  # fmt: skip
    full = ["run", "--date", TUE, "--steps", "ingest,refine", "--full-refresh"]
    assert command(till, spark, *full) == 0
    assert command(till, spark, "features", "--date", TUE) == 2
    assert len(rows(till, spark, "gold.activity")) == 2


def test_bronze_takes_new_columns_and_refuses_other_types_and_options(
    till: Till, spark: SparkSession
) -> None:
    till.sale("S1", MON, extra="7")
    run(till, spark, MON, steps=["ingest"])
    till.bronze("sales", SALES + "; extra: {type: int, pii: none}")
    till.sale("S2", TUE, extra="8")
    ingest = ["ingest", "--date", TUE]
    assert command(till, spark, *ingest) == 0
    assert rows(till, spark, "bronze.sales", "extra") == [("8",), (None,)]
    till.bronze("sales", SALES + "; extra: {type: bigint, pii: none}")
    assert command(till, spark, *ingest) == 2
    assert command(till, spark, *ingest, "--full-refresh") == 0
    assert rows(till, spark, "bronze.sales", "extra") == [("7",), ("8",)]


def test_plan_says_what_changed_and_what_would_be_computed_and_writes_nothing(
    monday: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    till = monday
    till.features("activity", COUNTED)
    run(till, spark, MON, steps=["features"])
    before = till.shop(spark).everything()
    runs = len(till.shop(spark).runs())
    till.gold(
        "daily", DAILY.replace("count(*)", "count(*) + 0"), "write: replace_keys\nkeys: [day]"
    )
    till.sale("S2", TUE)
    capsys.readouterr()
    assert command(till, spark, "plan", "--date", TUE) == 0
    said = capsys.readouterr().out
    blocks = {block.split()[0]: block for block in said.split("\n\n") if block.strip()}
    assert "computes 1 file(s)" in blocks["bronze.sales"]
    assert "what changes in bronze.sales" in blocks["silver.sales"]
    assert "changed  its transformation changed" in blocks["gold.daily"]
    assert "computes its definition changed" in blocks["gold.daily"]
    assert f"the day {TUE}" in blocks["gold.activity"]
    assert till.shop(spark).everything() == before
    assert len(till.shop(spark).runs()) == runs


def test_preview_shows_the_rows_of_a_declaration_and_writes_nothing(
    monday: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    till = monday
    till.gold(
        "daily", DAILY.replace("count(*)", "count(*) + 41"), "write: replace_keys\nkeys: [day]"
    )
    capsys.readouterr()
    assert command(till, spark, "preview", "--tables", "gold.daily") == 0
    said = capsys.readouterr().out
    assert "gold.daily" in said
    assert "42" in said
    assert rows(till, spark, "gold.daily", "n") == [("1",)]
    assert command(till, spark, "preview", "--tables", "bronze.sales") == 2
