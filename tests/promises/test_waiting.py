"""A table that could not be refreshed stops only those that read it, and what a killed run has
written is recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shop as s
from pyspark.sql import SparkSession
from till import COUNTED, DAILY, MON, TUE, Till, by_table, command, not_null, rows, run, sale

from lakehouse.steps import running

LOOKED_UP = (
    "SELECT s.sale, c.segment, s.day FROM bronze.sales AS s "
    "LEFT JOIN silver.customers AS c ON c.customer = s.customer"
)


def with_customers(till: Till, mostly: float) -> None:
    till.bronze(
        "customers",
        "customer: {type: string, pii: none}; segment: {type: string, pii: none}; "
        "at: {type: timestamp, pii: none}",
    )
    till.silver(
        "customers",
        "SELECT customer, segment, at FROM bronze.customers",
        "write: scd2\nkeys: [customer]\nsequence_by: at\nexpectations: silver.customers",
    )
    till.suite("silver.customers", not_null("segment", "segment_is_present", mostly))
    till.silver("sales", LOOKED_UP, "lookups: [silver.customers]\nwrite: append\nkeys: [sale]")


def person(number: str, segment: str | None) -> dict[str, Any]:
    return {"customer": number, "segment": segment, "at": "2026-03-01T00:00:00Z"}


def test_after_the_fix_the_same_command_gives_what_an_uninterrupted_run_gives(
    till: Till, spark: SparkSession
) -> None:
    with_customers(till, 1.0)
    till.land("customers", "2026-03-01", person("C0", "gold"))
    till.land("customers", MON, person("C1", "gold"), person("C2", None))
    till.sale("S1", MON)
    run(till, spark, "2026-03-01", steps=["ingest", "refine"])
    stopped = by_table(run(till, spark, MON, steps=["ingest", "refine"]))
    assert stopped["silver.customers"].status == "failed"
    assert stopped["silver.sales"].status == "skipped"
    assert stopped["silver.sales"].message == "waits for silver.customers"
    with_customers(till, 0.1)
    run(till, spark, MON, steps=["ingest", "refine"])
    assert rows(till, spark, "silver.sales", "sale", "segment") == [("S1", "gold")]


def test_a_lookup_of_which_a_file_is_missing_is_waited_for(till: Till, spark: SparkSession) -> None:
    with_customers(till, 0.1)
    till.land("customers", MON, person("C1", "gold"))
    broken = s.written(till.landing / "customers" / MON / "part-1.jsonl.gz", "no gzip")
    till.sale("S1", MON)
    assert command(till, spark, "run", "--date", MON, "--steps", "ingest,refine") == 1
    assert len(rows(till, spark, "silver.customers")) == 1
    assert not till.shop(spark).exists("silver.sales")
    broken.unlink()
    assert command(till, spark, "run", "--date", MON, "--steps", "ingest,refine") == 0
    assert len(rows(till, spark, "silver.sales")) == 1


def test_a_killed_run_is_recorded_by_the_next_one(
    till: Till, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.land("sales", MON, sale("S1", MON), sale("S1", MON))

    class KilledError(BaseException):
        """The process is killed."""

    def kill(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(running, "record", kill)
        with pytest.raises(KilledError):
            run(till, spark, MON, steps=["ingest", "refine"])
    run(till, spark, MON, steps=["ingest", "refine"])
    recorded = till.shop(spark).runs("status = 'passed'")
    counts = {
        row["table"]: (row["rows_input"], row["rows_written"], row["rows_superseded"])
        for row in recorded
    }
    assert counts == {"bronze.sales": (2, 2, 0), "silver.sales": (2, 1, 1)}
    assert len(recorded) == 2
    run(till, spark, MON, steps=["ingest", "refine"])
    assert len(till.shop(spark).runs("status = 'passed'")) == 2


def test_gold_over_features_is_refreshed_after_them(till: Till, spark: SparkSession) -> None:
    till.features("activity", COUNTED)
    till.gold(
        "actives",
        "SELECT as_of, count(*) AS customers FROM gold.activity GROUP BY as_of",
        "source: gold.activity\nwrite: replace_keys\nkeys: [as_of]",
    )
    till.sale("S1", MON)
    till.sale("S2", TUE)
    till.shop(spark).run(MON, TUE, steps=["ingest", "refine", "aggregate", "features"])
    assert rows(till, spark, "gold.actives") == [(MON, "1"), (TUE, "1")]
    assert command(till, spark, "aggregate", "--date", TUE, "--tables", "gold.actives") == 2


def test_two_rows_for_one_key_and_day_of_a_snapshot_stop_it(
    till: Till, spark: SparkSession
) -> None:
    till.features(
        "twice", "SELECT customer, sale, count(*) AS n FROM silver.sales GROUP BY customer, sale"
    )
    till.sale("S1", MON)
    till.sale("S2", MON, part="part-1")
    steps = "ingest,refine,features"
    assert command(till, spark, "run", "--date", MON, "--steps", steps) == 1
    assert not till.shop(spark).exists("gold.twice")


def test_a_share_in_gold_refers_to_the_table_and_not_to_the_affected_groups(
    till: Till, spark: SparkSession
) -> None:
    till.gold(
        "customers",
        "SELECT customer, sum(amount) AS total FROM silver.sales GROUP BY customer",
        "write: replace_keys\nkeys: [customer]\nexpectations: gold.customers",
    )
    till.suite(
        "gold.customers",
        {
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": "total", "min_value": 0, "mostly": 0.5},
            "severity": "critical",
            "meta": {"id": "total_is_not_negative"},
        },
    )
    bad = {"customer": "C0", "amount": "-1.00"}
    good = [sale(f"S{n}", MON, customer=f"C{n}") for n in range(1, 4)]
    till.land("sales", MON, sale("S0", MON, **bad), *good)
    till.land("sales", TUE, sale("S9", TUE, **bad))
    for day in (MON, TUE):
        assert {o.status for o in run(till, spark, day)} == {"passed"}
    assert rows(till, spark, "gold.customers", "customer") == [("C1",), ("C2",), ("C3",)]


def test_hourly_gold_has_the_repeated_hour_in_autumn_once(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    till = Till(tmp_path)
    till.bronze("clicks", "click: {type: string, pii: none}; at: {type: timestamp, pii: none}")
    till.silver("clicks", "SELECT click, at FROM bronze.clicks", "write: append\nkeys: [click]")
    till.gold(
        "hourly",
        "SELECT date_trunc('HOUR', at) AS hour, count(*) AS n FROM silver.clicks "
        "GROUP BY date_trunc('HOUR', at)",
        "source: silver.clicks\nwrite: replace_keys\nkeys: [hour]",
    )
    day, next_day = "2026-10-25", "2026-10-26"
    hours = ("00", "01", "02")
    till.land("clicks", day, *[{"click": f"A{h}", "at": f"{day}T{h}:10:00Z"} for h in hours])
    till.land("clicks", next_day, *[{"click": f"B{h}", "at": f"{day}T{h}:20:00Z"} for h in hours])
    with zone("Europe/Copenhagen"):
        for date in (day, next_day):
            assert {o.status for o in run(till, spark, date)} <= {"passed", "skipped"}
    assert [n for _, n in rows(till, spark, "gold.hourly", "hour", "n")] == ["2", "2", "2"]


def zone(name: str) -> Any:
    """Set the time zone of this process."""
    import contextlib
    import os
    import time

    @contextlib.contextmanager
    def in_zone() -> Any:
        before = os.environ.get("TZ")
        os.environ["TZ"] = name
        time.tzset()
        try:
            yield
        finally:
            os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
            time.tzset()

    return in_zone()


def test_tables_of_another_step_are_refused(till: Till, spark: SparkSession) -> None:
    till.gold("daily", DAILY, "write: replace_keys\nkeys: [day]")
    till.sale("S1", MON)
    assert command(till, spark, "refine", "--date", MON, "--tables", "gold.daily") == 2
    assert not till.shop(spark).warehouse.exists()
