"""A source read in batches, and business days that are in a column of the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import till as t
from pyspark.sql import SparkSession
from till import Till

from lakehouse.refresh import batches, source_batches
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.outcome import RefreshOutcome

pytestmark = pytest.mark.usefixtures("privacy_key")
COLUMNS = """columns:
  sale: {type: string, pii: none}
  day: {type: date, pii: none}
  amount: {type: "decimal(12,2)", pii: none}
"""
DAYS = [f"2026-03-{day:02d}" for day in range(2, 8)]
KNOWN = ("sale", "day", "amount", "_known_date")


def declare(home: Path, source: str) -> Till:
    till = Till(home)
    (till.landing / "sales").mkdir()
    head = "table: bronze.sales\ndescription: Raw\n"
    till.declare("bronze/sales.yml", f"{head}source: {{kind: files, {source}}}\n{COLUMNS}")
    till.silver("sales", "SELECT sale, day, amount FROM bronze.sales", t.APPEND)
    till.gold("daily", t.DAILY, "write: replace_keys\nkeys: [day]")
    return till


def land(till: Till, name: str, *days: str) -> None:
    rows = [{"sale": f"{name}-{day}", "day": day, "amount": "1.00"} for day in days]
    text = "\n".join(json.dumps(row) for row in rows)
    (till.landing / "sales" / f"{name}.json").write_text(text)


class Killed(BaseException):
    """Ends a run between two of its batches."""


def test_batches_give_what_one_batch_gives_and_go_on_after_a_kill(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = 'format: json, path: "{landing}/sales/{date}.json"'
    one, many = declare(tmp_path / "1", path), declare(tmp_path / "2", f"{path}, max_files: 2")
    for till in (one, many):
        for day in DAYS:
            land(till, day, day)
        (till.landing / "sales" / "2026-03-08.json").write_text("[not an object\n")
    t.run(one, spark, "2026-03-08", steps=["ingest"])

    refresh, calls = batches.refresh, []

    def killed_in_the_second(*given: object) -> RefreshOutcome:
        calls.append(given)
        if len(calls) == 2:
            raise Killed
        return refresh(*given)

    monkeypatch.setattr(batches, "refresh", killed_in_the_second)
    with pytest.raises(Killed):
        t.run(many, spark, "2026-03-08", steps=["ingest"])
    assert len(t.rows(many, spark, "bronze.sales")) == 2
    monkeypatch.undo()
    (outcome,) = t.run(many, spark, "2026-03-08", steps=["ingest"])
    assert (outcome.status, outcome.rows_written) == ("failed", 4)
    assert outcome.message.count("2026-03-08.json") == 1
    assert [o.status for o in t.run(many, spark, "2026-03-08")] == ["failed", "passed", "passed"]
    t.run(one, spark, "2026-03-08")
    for table, columns in (("bronze.sales", KNOWN), ("silver.sales", KNOWN), ("gold.daily", ())):
        assert t.rows(many, spark, table, *columns) == t.rows(one, spark, table, *columns)
    paths = t.rows(many, spark, "ops.files", "path", "rows", "outcome")
    assert paths == t.rows(one, spark, "ops.files", "path", "rows", "outcome")


def test_silver_reads_a_backfill_in_batches_and_goes_on_after_a_kill(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = 'format: json, path: "{landing}/sales/{date}.json"'
    one, many = declare(tmp_path / "1", path), declare(tmp_path / "2", f"{path}, max_files: 1")
    for till in (one, many):
        for number, day in enumerate(DAYS):
            land(till, day, *DAYS[: number + 1], DAYS[0])
        t.run(till, spark, DAYS[-1], steps=["ingest"])
    # 2, 3, 4, 5, 6 and 7 rows: of a million rows each batch would be one.
    monkeypatch.setattr(source_batches, "LEAST_ROWS", 6)
    refresh, versions = batches.refresh, []

    def killed_after_the_second(*given: RunContext) -> RefreshOutcome:
        if len(versions) == 2:
            raise Killed
        outcome = refresh(*given)
        versions.append((outcome.input_versions["bronze.sales"], outcome.rows_read))
        return outcome

    monkeypatch.setattr(batches, "refresh", killed_after_the_second)
    with pytest.raises(Killed):
        t.run(many, spark, DAYS[-1], steps=["refine"])
    assert versions == [(1, 5), (2, 4)]
    monkeypatch.setattr(batches, "refresh", refresh)
    (outcome,) = t.run(many, spark, DAYS[-1], steps=["refine"])
    assert (outcome.rows_read, outcome.rows_superseded) == (18, 3)
    assert outcome.input_versions == {"bronze.sales": 5}
    for till in (one, many):
        t.run(till, spark, DAYS[-1])
    for table, columns in (("silver.sales", KNOWN), ("gold.daily", ())):
        assert t.rows(many, spark, table, *columns) == t.rows(one, spark, table, *columns)
    (again,) = t.run(many, spark, DAYS[-1], steps=["refine"])
    assert again.status == "skipped"


def test_the_day_of_a_row_decides_when_it_was_known(spark: SparkSession, tmp_path: Path) -> None:
    till = declare(tmp_path, 'format: json, path: "{landing}/sales", day_from: day')
    till.features(
        "customer_days",
        "SELECT day, count(*) AS n FROM silver.sales GROUP BY day",
        "keys: [day]\nsource: silver.sales",
    )
    land(till, "history", *DAYS[:3])
    lake = till.shop(spark).opened()
    steps = ["ingest", "refine", "features"]
    lake.run("run", start=DAYS[1], end=DAYS[2], steps=steps)
    known = [DAYS[1], DAYS[1], DAYS[2]]
    assert t.rows(till, spark, "bronze.sales", "_known_date") == [(day,) for day in known]
    seen = [(DAYS[1], DAYS[0]), (DAYS[1], DAYS[1])]
    seen += [(DAYS[2], day) for day in DAYS[:3]]
    assert t.rows(till, spark, "gold.customer_days", "as_of", "day") == seen
    # A full refresh keeps what was known when, and a later file starts at its own run.
    land(till, "more", DAYS[0], DAYS[4])
    till.shop(spark).opened().run("ingest", date=DAYS[3])
    till.shop(spark).opened().run("ingest", date=DAYS[5], full_refresh=True)
    expected = sorted([*known, DAYS[3], DAYS[4]])
    assert t.rows(till, spark, "bronze.sales", "_known_date") == [(day,) for day in expected]
