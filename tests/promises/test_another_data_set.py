"""Another data set needs declarations only: point-in-time lookups, scd1, append, damaged files."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from shop import Shop, as_json, written
from tiny import Tiny

MON, TUE, WED = "2026-03-02", "2026-03-03", "2026-03-04"
STEPS = ("ingest", "refine")
READINGS = "sensor: {type: string, pii: none}; value: {type: int, pii: none}"


def reading(sensor: str, value: int) -> dict[str, object]:
    return {"sensor": sensor, "value": value}


def place(sensor: str, hall: str, day: str) -> dict[str, object]:
    return {"sensor": sensor, "hall": hall, "told_at": f"{day}T00:00:00Z"}


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """Readings of sensors that move between halls, with late-arriving news about them."""
    tiny = Tiny(tmp_path_factory.mktemp("tiny"))
    tiny.bronze("readings", READINGS)
    tiny.bronze(
        "places",
        "sensor: {type: string, pii: none}; hall: {type: string, pii: none}; "
        "told_at: {type: timestamp, pii: none}",
    )
    history = "write: scd2\nkeys: [sensor]\nsequence_by: told_at"
    tiny.silver("places", "SELECT sensor, hall, told_at FROM bronze.places", history)
    now = "write: scd1\nkeys: [sensor]\nsequence_by: told_at"
    tiny.silver("halls", "SELECT sensor, hall, told_at FROM bronze.places", now, source="places")
    joined = (
        "SELECT r.sensor, r.value, p.hall FROM bronze.readings AS r "
        "LEFT JOIN silver.places AS p ON p.sensor = r.sensor"
    )
    tiny.silver("readings", joined, "write: append\nkeys: all\nlookups: [silver.places]")
    return tiny


def land(tiny: Tiny, source: str, day: str, *rows: dict[str, object]) -> None:
    written(tiny.landing / source / day / "part-0.jsonl", as_json(rows))


@pytest.fixture(scope="module")
def shops(pipeline: Tiny, spark: SparkSession, privacy_key: str) -> tuple[Shop, Shop]:
    """One warehouse that ran day by day, and one that ran all days at once."""
    land(pipeline, "places", MON, place("A", "north", MON), place("B", "north", MON))
    land(pipeline, "places", TUE, place("A", "south", TUE), place("C", "west", TUE))
    late_word = place("B", "attic", "2026-03-01")  # older than what is known of B
    land(pipeline, "places", WED, place("A", "east", WED), late_word)
    land(pipeline, "readings", MON, reading("A", 1), reading("B", 1), reading("C", 1))
    land(pipeline, "readings", TUE, reading("A", 2), reading("B", 1), reading("C", 1))
    land(pipeline, "readings", WED, reading("A", 3), reading("A", 3))
    by_day, at_once = pipeline.shop(spark, "by_day"), pipeline.shop(spark, "at_once")
    for day in (MON, TUE, WED):
        by_day.run(day, steps=STEPS)
    at_once.run(MON, WED, steps=STEPS)
    return by_day, at_once


def test_a_lookup_is_read_as_known_on_the_row_s_day(shops: tuple[Shop, Shop]) -> None:
    rows = shops[0].rows("silver.readings", "sensor", "value", "hall")
    assert rows == Counter(
        [
            ("A", 1, "north"), ("B", 1, "north"), ("C", 1, None),
            ("A", 2, "south"), ("C", 1, "west"), ("A", 3, "east"),
        ]
    )  # fmt: skip


def test_scd1_keeps_the_newest_row_whatever_arrives_last(shops: tuple[Shop, Shop]) -> None:
    rows = shops[0].rows("silver.halls", "sensor", "hall")
    assert rows == Counter([("A", "east"), ("B", "north"), ("C", "west")])


def test_day_by_day_is_one_range_in_every_table(shops: tuple[Shop, Shop]) -> None:
    assert shops[0].everything() == shops[1].everything()


def test_append_by_all_columns_counts_exact_repeats_as_superseded(shops: tuple[Shop, Shop]) -> None:
    runs = shops[0].runs("table = 'silver.readings'")
    told = {str(run["date"]): (run["rows_read"], run["rows_superseded"]) for run in runs}
    assert told == {MON: (3, 0), TUE: (3, 1), WED: (2, 1)}


def test_a_damaged_file_is_named_and_the_others_are_loaded(
    spark: SparkSession, privacy_key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny = Tiny(tmp_path)
    tiny.bronze("readings", READINGS)
    shop = tiny.shop(spark)
    land(tiny, "readings", MON, reading("A", 1))
    damaged = tiny.landing / "readings" / TUE / "part-0.jsonl.gz"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(
        gzip.compress(as_json([reading("B", n) for n in range(500)]).encode())[:-30]
    )
    assert shop.command("ingest", "--start", MON, "--end", TUE) == 1
    said = capsys.readouterr()
    assert "bronze.readings: 1 file(s) could not be read; the others were loaded" in said.err
    assert f"{TUE}/part-0.jsonl.gz" in said.err
    assert "Traceback" not in said.err + said.out
    assert shop.rows("bronze.readings", "sensor") == Counter([("A",)])
    (run,) = shop.runs()
    assert (run["status"], run["rows_written"]) == ("failed", 1)
    damaged.write_bytes(gzip.compress(as_json([reading("B", 2)]).encode()))
    assert shop.command("ingest", "--start", MON, "--end", TUE) == 0
    assert shop.rows("bronze.readings", "sensor") == Counter([("A",), ("B",)])
