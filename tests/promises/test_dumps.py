"""Whole dumps that replace each other under one name: changes and deletes by absence."""

from __future__ import annotations

from pathlib import Path

import pytest
import till as t
from pyspark.sql import SparkSession
from till import Till

pytestmark = pytest.mark.usefixtures("privacy_key")
MON, TUE, WED, THU = "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"
BRONZE = """table: bronze.members
description: The members, all of them in each export
source: {kind: files, format: csv, path: "{landing}/members.csv", snapshot: true, max_deletes: 0.4}
columns:
  member: {type: int, pii: none}
  city: {type: string, pii: none}
"""
SQL = "SELECT member, city FROM bronze.members"


@pytest.fixture
def members(tmp_path: Path) -> Till:
    till = Till(tmp_path)
    till.declare("bronze/members.yml", BRONZE)
    till.silver("members", SQL, "write: scd2\nkeys: [member]")
    till.silver("members_now", SQL, "write: scd1\nkeys: [member]", source="members")
    till.gold("cities", "SELECT city, count(*) AS n FROM silver.members GROUP BY city",
              "source: silver.members\nwrite: replace_keys\nkeys: [city]")  # fmt: skip
    return till


def dump(till: Till, *members: str) -> None:
    (till.landing / "members.csv").write_text("\n".join(["member,city", *members]) + "\n")


def history(till: Till, spark: SparkSession) -> list[tuple[str | None, ...]]:
    columns = ("member", "city", "valid_from", "valid_to", "is_current")
    return t.rows(till, spark, "silver.members", *columns)


def test_changes_and_absences(spark: SparkSession, members: Till) -> None:
    dump(members, "1,Ribe", "2,Vejle", "3,Koge", "4,Aarhus", "5,Aarhus")
    first = t.by_table(t.run(members, spark, MON))
    assert first["silver.members"].rows_written == 5
    dump(members, "1,Ripe", "3,Koge", "x,bad", "5,Aarhus")
    second = t.by_table(t.run(members, spark, TUE))
    for name in ("silver.members", "silver.members_now"):
        outcome = second[name]
        counts = (outcome.rows_read, outcome.rows_written, outcome.rows_quarantined)
        assert counts == (4, 1, 1)
        assert (outcome.rows_superseded, outcome.rows_deleted) == (2, 2)
    dump(members, "1,Ripe", "3,Koge", "2,Vejle", "5,Aarhus")
    t.run(members, spark, WED)
    expected = [
        ("1", "Ribe", MON, TUE, "False"),
        ("1", "Ripe", TUE, None, "True"),
        ("2", "Vejle", MON, TUE, "False"),
        ("2", "Vejle", TUE, TUE, "False"),
        ("2", "Vejle", WED, None, "True"),
        ("3", "Koge", MON, None, "True"),
        ("4", "Aarhus", MON, TUE, "False"),
        ("4", "Aarhus", TUE, TUE, "False"),
        ("5", "Aarhus", MON, None, "True"),
    ]
    assert history(members, spark) == sorted(expected, key=str)
    now = [("1", "Ripe"), ("2", "Vejle"), ("3", "Koge"), ("5", "Aarhus")]
    assert t.rows(members, spark, "silver.members_now", "member", "city") == now
    cities = [("Aarhus", "1"), ("Koge", "1"), ("Ripe", "1"), ("Vejle", "1")]
    assert t.rows(members, spark, "gold.cities") == cities
    # Once more changes nothing, and a full refresh finds the same history in bronze.
    t.run(members, spark, WED)
    assert history(members, spark) == sorted(expected, key=str)
    t.run(members, spark, WED, steps=["refine"], full_refresh=True)
    assert history(members, spark) == sorted(expected, key=str)
    assert t.rows(members, spark, "silver.members_now", "member", "city") == now
    runs = t.read(members, spark, "ops.runs").where("step = 'refine' AND rows_deleted > 0")
    assert {row["rows_deleted"] for row in runs.collect()} == {2}


def test_a_truncated_dump_deletes_nobody(spark: SparkSession, members: Till) -> None:
    dump(members, "1,Ribe", "2,Vejle", "3,Koge")
    t.run(members, spark, MON)
    before = history(members, spark)
    dump(members, "1,Ribe")
    lines = ["run", "--date", TUE, "--steps", "ingest,refine,aggregate"]
    assert t.command(members, spark, *lines) == 1
    assert history(members, spark) == before
    assert len(t.rows(members, spark, "silver.members_now")) == 3
    # A dump without rows is one as well; it is passed over once a whole one has come.
    dump(members)
    outcome = t.by_table(t.run(members, spark, WED))["silver.members"]
    assert "3 keys are absent in the dump of 2026-03-04, more than max_deletes: 0.4" in (
        outcome.message
    )
    dump(members, "1,Ribe", "3,Koge")
    outcome = t.by_table(t.run(members, spark, THU))["silver.members"]
    assert (outcome.status, outcome.rows_deleted) == ("passed", 1)
    assert ("2", "Vejle", MON, THU, "False") in history(members, spark)
    after = history(members, spark)
    t.run(members, spark, THU, steps=["refine"], full_refresh=True)
    assert history(members, spark) == after


def test_two_dumps_of_a_day_count_as_the_last(spark: SparkSession, members: Till) -> None:
    dump(members, "1,Ribe", "2,Vejle", "3,Koge")
    t.run(members, spark, MON)
    dump(members, "1,Ripe", "2,Vejle", "3,Koge")
    t.run(members, spark, TUE)
    dump(members, "1,Ribe", "2,Vejle")
    t.run(members, spark, TUE)
    assert history(members, spark) == [
        ("1", "Ribe", MON, None, "True"),
        ("2", "Vejle", MON, None, "True"),
        ("3", "Koge", MON, TUE, "False"),
        ("3", "Koge", TUE, TUE, "False"),
    ]
