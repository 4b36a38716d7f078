"""Current results come from the newest contents of a replaced file; the past can still be read."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession
from replaced import (
    INGEST,
    NEW,
    OLD,
    OTHER,
    REFINE,
    SQL,
    TABLES,
    as_known,
    computed,
    current,
    declared,
    everything,
    forget_files,
    say,
    set_policy,
    texts_of,
)
from till import MON, SALES, TUE, WED, Till, by_table, rows, run, sale


def test_current_results_are_those_of_the_newest_contents_and_the_past_stays(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    till, fresh = declared(tmp_path / "till"), declared(tmp_path / "fresh")
    for one in (till, fresh):
        computed(one)
        one.land("sales", TUE, *OTHER)
    steps = ["ingest", "refine", "aggregate", "features"]
    say(till, *OLD)
    run(till, spark, MON, steps=["ingest", "refine"])
    run(till, spark, TUE, steps=steps[:3])
    till.shop(spark).run(MON, TUE, steps=["features"])
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


def test_days_and_one_batch_of_all_contents_give_the_same(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    third = (sale("S1", MON), sale("S1", MON, amount="6.00"), sale("S6", TUE))
    first = declared(tmp_path / "first")
    say(first, *OLD)
    run(first, spark, MON, steps=INGEST)
    days = first.copied(tmp_path / "days")
    run(days, spark, MON, steps=REFINE)
    late = days.copied(tmp_path / "late")
    for till in (days, late, first):
        till.land("sales", TUE, *OTHER)
        for day, content in ((TUE, NEW), (WED, third)):
            say(till, *content)
            run(till, spark, day, steps=INGEST)
            if till is days:
                run(till, spark, day, steps=REFINE)
        if till is not days:
            run(till, spark, WED, steps=REFINE)
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
