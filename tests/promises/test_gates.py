"""A failed gate stops the write and says why; a retry or a crash duplicates nothing."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from pathlib import Path

import pytest
import shop as s
from pyspark.sql import SparkSession
from shop import Shop, land

from lakehouse.cli.app import parse
from lakehouse.refresh.write_modes.scd2 import Scd2

MON, TUE = "2026-03-02", "2026-03-03"
RANGE = ("--start", MON, "--end", TUE)
ORDERS = ("--tables", "bronze.orders,silver.orders")
QUARANTINE = "quarantine.silver_orders"


def land_monday(to: Path) -> None:
    """Thirty orders, one of which breaks a rule: few enough for the gate."""
    good = [s.order(f"O{number}", MON) for number in range(29)]
    land(to, "orders", MON, *good, s.order("O29", MON, status="lost"))


def land_bad_tuesday(to: Path) -> None:
    """One good and one bad order: few of both days' rows are bad, but half of Tuesday's."""
    land(to, "orders", TUE, s.order("T1", TUE), s.order("T2", TUE, status="lost"))


@pytest.fixture
def shop(spark: SparkSession, privacy_key: str, tmp_path: Path) -> Shop:
    return Shop(spark, tmp_path / "landing", tmp_path)


def ingest(shop: Shop, *options: str) -> None:
    assert shop.command("ingest", *options, "--tables", "bronze.orders") == 0


def refine(shop: Shop, *options: str) -> int:
    return shop.command("refine", *options, "--tables", "silver.orders")


def line_of(rule: str) -> int:
    """The line where the expectation of a rule begins: the one before its type."""
    text = (s.ROOT / "expectations" / "retail" / "silver.orders.json").read_text("utf-8")
    lines = text.splitlines()
    named = next(number for number, line in enumerate(lines) if f'"{rule}"' in line)
    return max(n for n, line in enumerate(lines[:named]) if '"type": "expect' in line)


def test_one_bad_day_stops_the_whole_range_and_a_second_try_doubles_nothing(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    land_monday(shop.landing)
    land_bad_tuesday(shop.landing)
    ingest(shop, *RANGE)
    assert refine(shop, *RANGE) == 1
    said = capsys.readouterr()
    rejected = shop.rows(QUARANTINE, "order_id", "_failed_rules")
    assert rejected == Counter([("O29", ("status_is_known",)), ("T2", ("status_is_known",))])
    assert not shop.exists("silver.orders")
    check_words(said.err, shop)
    check_record(shop)
    assert refine(shop, *RANGE) == 1
    assert shop.rows(QUARANTINE, "order_id", "_failed_rules") == rejected
    land(shop.landing, "orders", TUE, s.order("T1", TUE), s.order("T2", TUE))
    ingest(shop, *RANGE, "--full-refresh")
    assert refine(shop, *RANGE) == 0
    assert set(shop.rows(QUARANTINE, "order_id")) == {("O29",)}
    assert shop.read("silver.orders").count() == 31


def check_words(said: str, shop: Shop) -> None:
    """Rule, share, file and line, what was not written, where to look, what to run next."""
    lines = said.splitlines()
    assert lines[0].startswith("silver.orders  ✗ status_is_known   50.0 % of 2 rows of 2026-03-03")
    assert "at least 95 % must" in lines[0]
    assert lines[0].endswith(f"expectations/retail/silver.orders.json:{line_of('status_is_known')}")
    assert "nothing of silver.orders was written; 2 rows to look at in" in lines[1]
    assert QUARANTINE in lines[1]
    again = f"lakehouse refine --start {MON} --end {TUE}"
    assert again in lines[2]
    assert lines[2].endswith("--tables silver.orders")
    check_copied_commands(lines[2].partition(": ")[2], shop)


def check_copied_commands(line: str, shop: Shop) -> None:
    """First the step of the source, then the same refresh, with the same pipeline and places."""
    calls = [parse(shlex.split(text)[1:]) for text in line.split(" && ")]
    assert [call.info_name for call in calls] == ["ingest", "refine"]
    assert [call.params["tables"] for call in calls] == ["bronze.orders", "silver.orders"]
    for call in calls:
        assert (call.params["pipeline"], call.params["env"]) == (shop.pipeline, "test")
        assert call.params["conf_dir"] == shop.conf
        assert f"warehouse={shop.warehouse}" in call.params["settings"]


def check_record(shop: Shop) -> None:
    """The failed refresh is recorded, and the exit code is written to the warehouse."""
    (run,) = shop.runs("table = 'silver.orders'")
    assert (run["status"], run["rows_read"], run["rows_written"]) == ("failed", 32, 0)
    assert run["rows_quarantined"] == 2
    status = json.loads((shop.warehouse / "_status" / f"{run['run_id']}.json").read_text("utf-8"))
    assert (status["exit_code"], status["step"]) == (1, "refine")
    failed = [r for r in json.loads(run["rules"]) if r["severity"] == "critical" and not r["ok"]]
    assert [(rule["rule"], rule["day"]) for rule in failed] == [("status_is_known", TUE)]


def test_after_a_stopped_day_a_corrected_file_mends_what_was_there(
    shop: Shop, spark: SparkSession, tmp_path: Path
) -> None:
    land_monday(shop.landing)
    shop.run(MON, tables=["bronze.orders", "silver.orders"])
    before = shop.everything()
    land_bad_tuesday(shop.landing)
    ingest(shop, "--date", TUE)
    assert refine(shop, "--date", TUE) == 1
    assert refine(shop, "--date", TUE) == 1
    assert shop.everything("silver") == {"silver.orders": before["silver.orders"]}
    assert shop.rows(QUARANTINE, "order_id") == Counter([("O29",), ("T2",)])
    land(shop.landing, "orders", TUE, s.order("T1", TUE), s.order("T2", TUE))
    ingest(shop, *RANGE, "--full-refresh")
    assert refine(shop, *RANGE) == 0
    fresh = Shop(spark, shop.landing, tmp_path / "fresh")
    fresh.run(MON, TUE, tables=["bronze.orders", "silver.orders"])
    assert shop.everything() == fresh.everything()


def test_a_crash_between_quarantine_and_table_leaves_no_trace(
    shop: Shop, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    land_monday(shop.landing)
    ingest(shop, "--date", MON)

    def crash(*_: object) -> None:
        raise OSError("the disk went away with bob@secret.example")

    with monkeypatch.context() as patch:
        patch.setattr(Scd2, "write", crash)
        assert refine(shop, "--date", MON) == 3
    said = capsys.readouterr().err
    assert "silver.orders: the refresh failed: OSError" in said
    assert "secret" not in said
    assert "Traceback" not in said
    assert shop.rows(QUARANTINE, "order_id") == Counter([("O29",)])
    assert refine(shop, "--date", MON) == 0
    steady = Shop(spark, shop.landing, tmp_path / "steady")
    steady.run(MON, tables=["bronze.orders", "silver.orders"])
    assert shop.everything() == steady.everything()
