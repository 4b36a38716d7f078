"""History through complete runs: days, a range and pieces in any order give the same table, with at
most one current row per key, and each row belongs to its own business day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from till import MON, TUE, WED, Till, command, read, rows, run

from lakehouse.errors import UsageError

STATES = ("id", "v", "valid_from", "valid_to", "known_from", "known_to", "is_current")
EVENTS = (
    "id: {type: string, pii: none}; v: {type: string, pii: none}; op: {type: string, pii: none}; "
    "at: {type: timestamp, pii: none}; n: {type: bigint, pii: none}"
)


def events(home: Path, rest: str = "", zone: str = "UTC") -> Till:
    till = Till(home)
    till.declare("pipeline.yml", f"description: x\nowner: y\ntimezone: {zone}\n")
    till.bronze("ev", EVENTS)
    declared = f"write: scd2\nkeys: [id]\nsequence_by: at\n{rest}"
    till.silver("hist", "SELECT id, v, op, at, n FROM bronze.ev", declared, "ev")
    return till


def event(key: str, value: str, at: str | None, **other: Any) -> dict[str, Any]:
    return {"id": key, "v": value, "op": "U", "at": at, "n": 1} | other


def old(key: str) -> dict[str, Any]:
    return event(key, "b", "2026-03-05T12:00:00Z")


def new(key: str) -> dict[str, Any]:
    return event(key, "a", "2026-03-05T12:00:00Z")


TOLD = {
    MON: [
        *map(old, ("missed day", "two contents", "late change")),
        event("deletion", "a", f"{MON}T00:00:00Z"),
    ],
    TUE: [
        *map(old, ("missed day", "two contents")),
        *map(new, ("two contents", "late change")),
        event("deletion", "a", f"{TUE}T00:00:00Z", op="D"),
    ],
    WED: [
        new("two contents"),
        old("late change"),
        event("deletion", "c", f"{MON}T00:00:00Z"),
    ],
}
"""What is told on each day of a key that is named after its case."""
CASES = sorted({told["id"] for day in TOLD.values() for told in day})


@pytest.fixture(scope="module")
def whole_and_daily(
    tmp_path_factory: pytest.TempPathFactory, spark: SparkSession, privacy_key: str
) -> tuple[Till, Till]:
    """All days in one range, and the same days one by one, the first of them last."""
    home = tmp_path_factory.mktemp("history")
    tills = [events(home / name, "apply_as_deletes: \"op = 'D'\"") for name in ("whole", "daily")]
    gold = "SELECT id, v, count(*) AS things FROM silver.hist GROUP BY id, v"
    for till in tills:
        till.gold("values", gold, "source: silver.hist\nwrite: replace_keys\nkeys: [id, v]")
    whole, daily = tills
    for day, told in TOLD.items():
        whole.land("ev", day, *told)
    whole.shop(spark).run(MON, WED)
    for day in (TUE, WED, MON):
        daily.land("ev", day, *TOLD[day])
        daily.shop(spark).run(day)
    return whole, daily


@pytest.mark.parametrize("case", CASES)
def test_days_in_any_order_give_what_one_range_gives(
    case: str, whole_and_daily: tuple[Till, Till], spark: SparkSession
) -> None:
    def of_case(till: Till, table: str, *columns: str) -> list[tuple[Any, ...]]:
        return [row for row in rows(till, spark, table, *columns) if row[0] == case]

    whole, daily = whole_and_daily
    states = of_case(daily, "silver.hist", *STATES)
    assert states == of_case(whole, "silver.hist", *STATES)
    assert len(states) >= 1
    assert [state[-1] for state in states].count("True") <= 1
    assert of_case(daily, "gold.values", "id", "v", "things") == of_case(
        whole, "gold.values", "id", "v", "things"
    )


def test_an_evening_west_of_utc_belongs_to_its_local_day(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    till = events(tmp_path, zone="America/New_York")
    features = "SELECT id, max(v) AS v FROM silver.hist GROUP BY id"
    till.features("seen", features, "source: silver.hist\nkeys: [id]")
    till.land(
        "ev",
        MON,
        event("evening", "a", f"{MON}T20:30:00-05:00"),
        event("noon", "a", f"{MON}T12:00:00-05:00"),
    )
    run(till, spark, MON, steps=["ingest", "refine", "features"])
    assert rows(till, spark, "gold.seen", "id") == [("evening",), ("noon",)]


def test_an_integer_sequence_works_everywhere(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    till = events(tmp_path)
    declared = "write: scd2\nkeys: [id]\nsequence_by: n"
    till.silver("hist", "SELECT id, v, n FROM bronze.ev", declared, "ev")
    features = "SELECT id, max(v) AS v FROM silver.hist GROUP BY id"
    till.features("seen", features, "source: silver.hist\nkeys: [id]")
    till.land("ev", MON, event("K", "a", f"{MON}T00:00:00Z", n=1))
    till.land("ev", TUE, event("K", "b", f"{TUE}T00:00:00Z", n=2))
    run(till, spark, MON, TUE, steps=["ingest", "refine", "features"])
    assert rows(till, spark, "gold.seen", "as_of", "v") == [(MON, "a"), (TUE, "b")]
    seen = till.shop(spark).opened().read("silver.hist", as_of=MON).select("v").collect()
    assert [row[0] for row in seen] == ["a"]


def test_a_correction_that_arrives_later_is_read_by_both_times(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    till = events(tmp_path)
    till.features("seen", "SELECT id, v FROM silver.hist", "source: silver.hist\nkeys: [id]")
    till.land("ev", MON, event("K", "wrong", f"{MON}T10:00:00Z"))
    till.land("ev", TUE, event("K", "moved", f"{TUE}T10:00:00Z"))
    till.land("ev", WED, event("K", "right", f"{MON}T10:00:00Z"))
    run(till, spark, MON, steps=["ingest", "refine", "features"])
    run(till, spark, TUE, WED, steps=["ingest", "refine"])
    lake = till.shop(spark).opened()

    def values(**days: str) -> list[str]:
        return [row[0] for row in lake.read("silver.hist", **days).select("v").collect()]

    assert values(as_of=MON) == ["wrong"]
    assert values(as_of=MON, known_by=TUE) == ["wrong"]
    assert values(as_of=MON, known_by=WED) == ["right"]
    assert values(as_of=TUE, known_by=MON) == ["wrong"]
    assert values(known_by=WED) == values(as_of=WED) == ["moved"]
    assert lake.read("gold.seen", as_of=MON).count() == 1
    with pytest.raises(UsageError, match="kept as they were known on that day alone"):
        lake.read("gold.seen", as_of=MON, known_by=WED)


def test_rows_of_an_append_table_are_bounded_by_when_they_were_known(
    tuesday: Till, spark: SparkSession
) -> None:
    lake = tuesday.shop(spark).opened()

    def sales(**days: str) -> list[str]:
        read = lake.read("silver.sales", **days)
        return sorted(row[0] for row in read.select("sale").collect())

    assert sales(known_by=MON) == ["S1"]
    assert sales(as_of=MON, known_by=TUE) == ["S1", "S2"]
    assert sales(as_of=TUE, known_by=MON) == ["S1"]
    with pytest.raises(UsageError, match="no history to read"):
        lake.read("gold.daily", known_by=MON)


def test_a_row_without_a_sequence_value_is_quarantined(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    till = events(tmp_path)
    good = [event(f"K{n}", "a", f"{MON}T00:00:00Z") for n in range(3)]
    till.land("ev", MON, *good, event("null", "a", None))
    assert command(till, spark, "run", "--date", MON, "--steps", "ingest,refine") == 0
    assert rows(till, spark, "quarantine.silver_hist", "id") == [("null",)]
    assert len(rows(till, spark, "silver.hist")) == 3


def test_a_deleted_key_is_not_a_duplicate_for_a_rule_on_the_table(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    till = events(tmp_path, "apply_as_deletes: \"op = 'D'\"\nexpectations: silver.hist")
    unique = {
        "type": "expect_column_values_to_be_unique",
        "kwargs": {"column": "v"},
        "severity": "critical",
        "meta": {"id": "badge_is_unique", "scope": "table"},
    }
    till.suite("silver.hist", unique)
    till.land("ev", MON, event("A", "7", f"{MON}T00:00:00Z"))
    run(till, spark, MON, steps=["ingest", "refine"])
    till.land(
        "ev",
        TUE,
        event("A", "7", f"{TUE}T00:00:00Z", op="D"),
        event("B", "7", f"{TUE}T01:00:00Z"),
    )
    assert command(till, spark, "run", "--date", TUE, "--steps", "ingest,refine") == 0
    current = read(till, spark, "silver.hist").where("is_current").select("id").collect()
    assert [row[0] for row in current] == ["B"]


def test_deletes_by_the_clock_or_a_query_are_refused_before_anything_is_written(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    for number, text in enumerate(("at < now()", "id IN (SELECT id FROM bronze.ev)", "opp = 'D'")):
        till = events(tmp_path / str(number), f'apply_as_deletes: "{text}"')
        till.land("ev", MON, event("A", "7", f"{MON}T00:00:00Z"))
        assert command(till, spark, "run", "--date", MON, "--steps", "ingest,refine") == 2
        assert not till.shop(spark).warehouse.exists()
