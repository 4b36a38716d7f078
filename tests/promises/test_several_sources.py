"""A silver table of two systems: each with its own transformation, one order of precedence."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import till as t
from pyspark.sql import SparkSession
from till import Till

from lakehouse.cli.main import main
from lakehouse.refresh.outcome import RefreshOutcome

pytestmark = pytest.mark.usefixtures("privacy_key")
DAYS = [f"2026-03-{day:02d}" for day in range(2, 5)]
CRM, WEB = "crm", "web"
SOURCES = (CRM, WEB)
COLUMNS = {
    CRM: "k: {type: int, pii: none}; s: {type: int, pii: none}; v: {type: string, pii: none}",
    WEB: "id: {type: int, pii: none}; at: {type: int, pii: none}; name: {type: string, pii: none}",
}
SQL = {
    CRM: "SELECT k, s, v FROM bronze.crm",
    WEB: "SELECT name AS v, id AS k, at AS s FROM bronze.web",
}
MODES = {
    "first": "write: append\nkeys: [k]",
    "every": "write: append",
    "distinct": "write: append\nkeys: all",
    "now": "write: scd1\nkeys: [k]\nsequence_by: s",
    "living": "write: scd1\nkeys: [k]\nsequence_by: s\napply_as_deletes: \"v = 'gone'\"",
    "history": "write: scd2\nkeys: [k]\nsequence_by: s\napply_as_deletes: \"v = 'gone'\"",
}
Event = tuple[str, str, int, int, str]
"""The day, the source, the key, the sequence and the value."""


def declare(home: Path, *names: str, rest: str = "") -> Till:
    till = Till(home)
    for source in SOURCES:
        till.bronze(source, COLUMNS[source])
    for name in names or MODES:
        declare_silver(till, name, MODES[name] + rest)
    return till


def declare_silver(till: Till, name: str, rest: str, sources: tuple[str, ...] = SOURCES) -> None:
    listed = ", ".join(f"bronze.{source}" for source in sources)
    head = f"table: silver.{name}\ndescription: Of two systems\nsource: [{listed}]\n"
    till.declare(f"silver/{name}.yml", f"{head}{rest}\n")
    for source in SOURCES:
        till.declare(f"silver/{name}.{source}.sql", SQL[source])


def land(till: Till, day: str, source: str, events: list[Event], part: str = "part-0") -> None:
    names = ("k", "s", "v") if source == CRM else ("id", "at", "name")
    rows = [dict(zip(names, (k, s, v), strict=True)) for _, _, k, s, v in events]
    till.land(source, day, *rows, part=part)


def random_events(keys: int) -> list[Event]:
    seed = random.Random(5)
    events: list[Event] = []
    for key in range(keys):
        for _ in range(seed.randint(1, 7)):
            day, source = seed.choice(DAYS), seed.choice(SOURCES)
            event = (day, source, key, seed.randint(1, 3), seed.choice(["a", "b", "gone"]))
            events += [event] * seed.choice([1, 1, 2])
    return events


def expected(events: list[Event]) -> dict[str, list[tuple[Any, ...]]]:
    """The tables by a slow model: the rows as text, sorted."""
    of_key: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        of_key[event[2]].append(event)
    rank = {source: place for place, source in enumerate(SOURCES, start=1)}

    def newest(event: Event) -> tuple[Any, ...]:
        day, source, _, s, v = event
        return (s, -rank[source], day, v)

    first = [min(e, key=lambda x: (x[0], rank[x[1]], x[3], x[4])) for e in of_key.values()]
    now = [max(found, key=newest) for found in of_key.values()]
    rows = {
        "first": [(k, s, v, rank[source]) for _, source, k, s, v in first],
        "every": [(k, s, v, rank[source]) for _, source, k, s, v in events],
        "distinct": list({(k, s, v) for _, _, k, s, v in events}),
        "now": [(k, s, v, rank[source]) for _, source, k, s, v in now],
        "living": [(k, s, v, rank[source]) for _, source, k, s, v in now if v != "gone"],
        "history": [row for key in of_key for row in history(of_key[key], rank)],
    }
    return {name: sorted((as_text(row) for row in found), key=str) for name, found in rows.items()}


def history(events: list[Event], rank: dict[str, int]) -> list[tuple[Any, ...]]:
    """Key, sequence, value, precedence, the day since which it was known, and until which."""
    rows: list[tuple[Any, ...]] = []
    for version in sorted({event[3] for event in events}):
        of_version = [event for event in events if event[3] == version]
        known: list[tuple[Any, ...]] = []
        for day in sorted({event[0] for event in of_version}):
            so_far = [event for event in of_version if event[0] <= day]
            _, source, k, s, v = max(so_far, key=lambda e: (-rank[e[1]], e[0], e[4]))
            if not known or known[-1][:4] != (k, s, v, rank[source]):
                known.append((k, s, v, rank[source], day))
        ends = [(*row, following[4]) for row, following in pairwise(known)]
        rows += [*ends, (*known[-1], None)]
    return rows


def as_text(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(None if value is None else str(value) for value in row)


def actual(till: Till, spark: SparkSession, name: str) -> list[tuple[Any, ...]]:
    columns = ["k", "s", "v", "_precedence"]
    if name == "distinct":
        columns = columns[:3]
    if name == "history":
        columns = ["k", "valid_from", "v", "_precedence", "known_from", "known_to"]
    return t.rows(till, spark, f"silver.{name}", *columns)


def refine(till: Till, spark: SparkSession, *days: str) -> list[RefreshOutcome]:
    return t.run(till, spark, *days, steps=("ingest", "refine"))


def test_two_systems_in_any_order_equal_a_model(spark: SparkSession, tmp_path: Path) -> None:
    events = random_events(120)
    model = expected(events)
    till = declare(tmp_path)
    deliveries = [(day, source) for day in DAYS for source in SOURCES]
    read = dict.fromkeys(MODES, 0)
    for day, source in random.Random(6).sample(deliveries, len(deliveries)):
        of_day = [event for event in events if event[:2] == (day, source)]
        land(till, day, source, of_day[::2])
        land(till, day, source, of_day[1::2], part="part-1")
        for name, outcome in t.by_table(refine(till, spark, day)).items():
            if name.startswith("silver."):
                assert outcome.error is None, outcome.message
                read[name.removeprefix("silver.")] += outcome.rows_read
    for name in MODES:
        assert actual(till, spark, name) == model[name], name
        assert read[name] == len(events)
    lake = till.shop(spark).opened()
    lake.run("refine", start=DAYS[0], end=DAYS[-1], full_refresh=True)
    for name in MODES:
        assert actual(till, spark, name) == model[name], name


def test_a_system_joins_when_its_first_file_comes(spark: SparkSession, tmp_path: Path) -> None:
    till = declare(tmp_path, "now", rest="\nexpectations: silver.now")
    till.suite("silver.now", t.not_null("v", "v_is_there", mostly=0.1))
    land(till, DAYS[0], CRM, [(DAYS[0], CRM, 1, 1, "a")])
    refine(till, spark, DAYS[0])
    first = t.by_table(refine(till, spark, DAYS[1]))["silver.now"]
    assert (first.status, first.message) == ("skipped", "nothing new in bronze.crm, bronze.web")
    land(till, DAYS[1], WEB, [(DAYS[1], WEB, 1, 1, "b"), (DAYS[1], WEB, 2, 1, "c")])
    till.land(WEB, DAYS[1], {"id": 3, "at": 1, "name": None}, part="part-1")
    second = t.by_table(refine(till, spark, DAYS[1]))["silver.now"]
    counts = (second.rows_read, second.rows_written, second.rows_superseded)
    assert (second.rows_quarantined, *counts) == (1, 3, 1, 1)
    assert set(second.input_versions) == {"bronze.crm", "bronze.web"}
    assert actual(till, spark, "now") == [("1", "1", "a", "1"), ("2", "1", "c", "2")]
    till.suite("silver.now", t.not_null("k", "k_is_there"))
    till.shop(spark).opened().run("replay")
    assert actual(till, spark, "now")[-1] == ("3", "1", None, "2")


def test_a_full_refresh_keeps_what_one_system_no_longer_has(
    spark: SparkSession, tmp_path: Path
) -> None:
    till = declare(tmp_path, "first", "history")
    for day in DAYS[:2]:
        for place, source in enumerate(SOURCES):
            land(till, day, source, [(day, source, DAYS.index(day) * 2 + place, 1, "a")])
    refine(till, spark, *DAYS[:2])
    before = [actual(till, spark, name) for name in ("first", "history")]
    t.sql(till, spark, f"DELETE FROM {{}} WHERE _known_date = DATE'{DAYS[0]}'", "bronze.web")
    lake = till.shop(spark).opened()
    outcomes = t.by_table(lake.run("refine", date=DAYS[1], full_refresh=True))
    assert outcomes["silver.first"].error is None
    assert [actual(till, spark, name) for name in ("first", "history")] == before
    lake.run("refine", date=DAYS[1], full_refresh=True, drop_orphans=True)
    assert len(actual(till, spark, "first")) == len(before[0]) - 1


def test_another_order_of_precedence_needs_a_full_refresh(
    spark: SparkSession, tmp_path: Path
) -> None:
    till = declare(tmp_path, "now")
    for source in SOURCES:
        land(till, DAYS[0], source, [(DAYS[0], source, 1, 1, source)])
    refine(till, spark, DAYS[0])
    assert actual(till, spark, "now") == [("1", "1", "crm", "1")]
    declare_silver(till, "now", MODES["now"], (WEB, CRM))
    for option in ({}, {"accept_change": True}):
        outcome = t.by_table(t.run(till, spark, DAYS[0], steps=["refine"], **option))["silver.now"]
        assert outcome.status == "skipped"
        assert "bronze.crm, bronze.web → bronze.web, bronze.crm" in outcome.message
    t.run(till, spark, DAYS[0], steps=["refine"], full_refresh=True)
    assert actual(till, spark, "now") == [("1", "1", "web", "1")]


@pytest.mark.parametrize(
    ("file", "text", "where", "message"),
    [
        ("now.web.sql", "SELECT id AS k, at AS s FROM bronze.web", "now.web.sql:1",
         "no column 'v': the transformations of all sources of silver.now return the same columns, "
         "as in now.crm.sql"),
        ("now.web.sql", "SELECT id AS k, at AS s, name AS v, 1 AS w FROM bronze.web",
         "now.web.sql:1", "a column 'w' of its own"),
        ("now.web.sql", "SELECT k, s, v FROM bronze.crm", "now.web.sql:1", "bronze.crm"),
        ("now.sql", "SELECT k, s, v FROM bronze.crm", "now.sql:1",
         "now.sql belongs to no source"),
        ("now.yml", "table: silver.now\ndescription: Two\nsource:\n  - bronze.crm\n  - bronze.wep\n"
         "write: append\n", "now.yml:5", "bronze.wep cannot be a source here; did you mean"),
        ("now.yml", "table: silver.now\ndescription: Two\nsource: [bronze.crm, bronze.crm]\n"
         "write: append\n", "now.yml:3", "duplicate input bronze.crm"),
        ("now.yml", "table: silver.now\ndescription: Two\nsource: []\nwrite: append\n",
         "now.yml:1", "source names no table"),
        ("../bronze/web.yml", "table: bronze.web\ndescription: Raw\non_changed_file: replace\n"
         'source: {kind: files, format: json, path: "{landing}/web/{date}"}\ncolumns:\n'
         "  id: {type: int, pii: none}\n  at: {type: int, pii: none}\n"
         "  name: {type: string, pii: none}\n", "now.yml:3",
         "bronze.web has files that replace earlier ones, which cannot be one of several sources"),
    ],
)  # fmt: skip
def test_mistakes_are_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    file: str,
    text: str,
    where: str,
    message: str,
) -> None:
    till = declare(tmp_path, "now")
    till.declare(f"silver/{file}", text)
    words = ["validate", "--pipeline", "tiny", "--conf-dir", str(till.conf), "--env", "test"]
    assert main(words) == 2
    out = " ".join(capsys.readouterr().err.split())
    assert f"silver/{where}" in out
    assert message in out


def test_types_that_differ_are_named_before_anything_is_written(
    spark: SparkSession, tmp_path: Path
) -> None:
    till = declare(tmp_path, "now")
    till.declare("silver/now.web.sql", "SELECT id AS k, CAST(at AS bigint) AS s, name AS v "
                 "FROM bronze.web")  # fmt: skip
    for source in SOURCES:
        land(till, DAYS[0], source, [(DAYS[0], source, 1, 1, source)])
    outcome = t.by_table(refine(till, spark, DAYS[0]))["silver.now"]
    assert outcome.status == "failed"
    assert "'s' is bigint here and int in" in outcome.message
    assert not till.shop(spark).exists("silver.now")
