"""``scd1`` with deletes: late rows do not bring a key back, in whatever order they arrive."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import till as t
from pyspark.sql import SparkSession
from till import Till

pytestmark = pytest.mark.usefixtures("privacy_key")
DAYS = [f"2026-03-{day:02d}" for day in range(2, 7)]
COLUMNS = "k: {type: int, pii: none}; s: {type: int, pii: none}; v: {type: string, pii: none}"
SCD1 = "write: scd1\nkeys: [k]\nsequence_by: s\napply_as_deletes: \"v = 'gone'\""


def declare(home: Path, rest: str = SCD1) -> Till:
    till = Till(home)
    till.bronze("events", COLUMNS)
    till.silver("events", "SELECT k, s, v FROM bronze.events", rest)
    till.gold("values", "SELECT v, count(*) AS n FROM silver.events GROUP BY v",
              "source: silver.events\nwrite: replace_keys\nkeys: [v]")  # fmt: skip
    return till


def event(key: int, sequence: int, value: str) -> dict[str, Any]:
    return {"k": key, "s": sequence, "v": value}


def live(till: Till, spark: SparkSession) -> list[tuple[Any, ...]]:
    return t.rows(till, spark, "silver.events", "k", "s", "v")


def test_random_events_in_any_order_equal_a_model(spark: SparkSession, tmp_path: Path) -> None:
    seed = random.Random(11)
    events: dict[str, list[dict[str, Any]]] = {day: [] for day in DAYS}
    expected: dict[int, tuple[int, str, str]] = {}
    for key in range(300):
        for _ in range(seed.randint(1, 6)):
            day = seed.choice(DAYS)
            row = event(key, seed.randint(1, 9), seed.choice(["a", "b", "gone"]))
            events[day] += [row] * seed.choice([1, 1, 2])
            expected[key] = max(expected.get(key, (0, "", "")), (row["s"], day, row["v"]))
    model = sorted(
        ((str(k), str(s), v) for k, (s, _, v) in expected.items() if v != "gone"), key=str
    )
    order = seed.sample(DAYS, len(DAYS))
    at_once, by_day = declare(tmp_path / "1"), declare(tmp_path / "2")
    for till in (at_once, by_day):
        for day, rows in events.items():
            till.land("events", day, *rows)
    at_once.shop(spark).opened().run("run", start=DAYS[0], end=DAYS[-1], steps=list(t.STEPS))
    assert live(at_once, spark) == model
    # Each day of its own, in another order: only that day's files are in the landing folder.
    for source in sorted((by_day.landing / "events").iterdir()):
        source.rename(by_day.home / source.name)
    counts = [0, 0, 0]
    for day in order:
        (by_day.home / day).rename(by_day.landing / "events" / day)
        outcome = t.by_table(t.run(by_day, spark, day))["silver.events"]
        assert outcome.error is None
        counts[0] += outcome.rows_read
        counts[1] += outcome.rows_written
        counts[2] += outcome.rows_superseded
    assert live(by_day, spark) == model
    assert counts[0] == sum(map(len, events.values())) == counts[1] + counts[2]
    assert t.rows(by_day, spark, "gold.values") == t.rows(at_once, spark, "gold.values")
    lake = by_day.shop(spark).opened()
    lake.run("refine", start=DAYS[0], end=DAYS[-1], full_refresh=True)
    assert live(by_day, spark) == model


def test_a_deletion_is_forgotten_after_its_days(spark: SparkSession, tmp_path: Path) -> None:
    till = declare(tmp_path, f"{SCD1}\nkeep_deletes: 2 days")
    till.land("events", DAYS[0], event(1, 1, "a"), event(2, 5, "b"))
    till.land("events", DAYS[1], event(1, 5, "gone"), event(2, 9, "gone"))
    till.land("events", DAYS[2], event(1, 2, "late"), event(3, 1, "c"))
    till.land("events", DAYS[4], event(2, 6, "late"), event(4, 1, "d"))
    t.run(till, spark, *DAYS[:3])
    assert live(till, spark) == [("3", "1", "c")]
    t.run(till, spark, DAYS[3], DAYS[4])
    # The watermark was Wednesday then, so Tuesday's deletion was still known.
    assert live(till, spark) == [("3", "1", "c"), ("4", "1", "d")]
    till.land("events", "2026-03-07", event(2, 7, "later"))
    t.run(till, spark, "2026-03-07")
    assert live(till, spark) == [("2", "7", "later"), ("3", "1", "c"), ("4", "1", "d")]
    assert len(t.rows(till, spark, "silver.events__deleted")) == 0


def test_a_replaced_file_takes_its_deletions_back(spark: SparkSession, tmp_path: Path) -> None:
    till = declare(tmp_path)
    file = till.conf / "pipelines" / "tiny" / "bronze" / "events.yml"
    file.write_text(file.read_text().replace("columns:", "on_changed_file: replace\ncolumns:"))
    till.land("events", DAYS[0], event(1, 1, "a"), event(2, 1, "a"))
    till.land("events", DAYS[1], event(1, 2, "gone"), event(2, 2, "gone"))
    t.run(till, spark, DAYS[0], DAYS[1])
    assert live(till, spark) == []
    till.land("events", DAYS[1], event(2, 2, "gone"), event(3, 1, "c"))
    t.run(till, spark, DAYS[2])
    assert live(till, spark) == [("1", "1", "a"), ("3", "1", "c")]
    till.land("events", DAYS[3], event(1, 0, "older"), event(2, 1, "older"))
    t.run(till, spark, DAYS[3])
    assert live(till, spark) == [("1", "1", "a"), ("3", "1", "c")]
