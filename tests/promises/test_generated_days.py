"""Generated days with planted faults: no row is lost or duplicated, and all faults are found."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date

import pytest
import retail_by_another_way as another_way
from pyspark.sql import SparkSession
from shop import STEPS, Rows, Shop

from lakehouse.demo.generator import generate
from lakehouse.demo.manifest import Fault, Manifest, read_manifest
from lakehouse.privacy.keys import Key
from lakehouse.privacy.tokens import token

FIRST, LAST = "2026-03-27", "2026-04-01"  # over the end of a quarter
PIECES = (("2026-03-27", "2026-03-28"), ("2026-03-29", LAST))
SOURCES = ("customers", "orders", "order_lines", "web_events")
KEYS = {
    "customers": ("customer_id",), "orders": ("order_id",),
    "order_lines": ("order_id", "line_no"), "web_events": ("event_id",),
}  # fmt: skip
KEPT = ("rows_written", "rows_quarantined", "rows_superseded")
FEATURES = "gold.customer_features"


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    landing = tmp_path_factory.mktemp("landing")
    generate(landing, customers=150, days=6, start=date.fromisoformat(FIRST))
    return read_manifest(landing)


@pytest.fixture(scope="module")
def at_once(
    spark: SparkSession, privacy_key: str, manifest: Manifest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Shop:  # fmt: skip
    """All days in one range, with the features of each."""
    shop = Shop(spark, manifest.landing, tmp_path_factory.mktemp("at_once"))
    shop.run(FIRST, LAST, steps=[*STEPS, "features"])
    return shop


@pytest.fixture(scope="module")
def in_pieces(
    spark: SparkSession, privacy_key: str, manifest: Manifest,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Shop, Rows]:  # fmt: skip
    """The same days in pieces, and the features of the first piece before the others arrived."""
    shop = Shop(spark, manifest.landing, tmp_path_factory.mktemp("in_pieces"))
    early: Rows = Counter()
    for start, end in PIECES:
        shop.run(start, end, steps=[*STEPS, "features"])
        early = early or shop.rows(FEATURES)
    return shop, early


def test_a_range_in_pieces_is_the_range_in_every_table(
    at_once: Shop, in_pieces: tuple[Shop, Rows]
) -> None:
    assert in_pieces[0].everything() == at_once.everything()


def test_features_of_a_day_are_the_same_before_and_after_later_data(
    in_pieces: tuple[Shop, Rows],
) -> None:
    shop, early = in_pieces
    shop.run(*PIECES[0], steps=["features"], tables=[FEATURES])
    columns = sorted(shop.read(FEATURES).columns)
    as_of = columns.index("as_of")
    last = date.fromisoformat(PIECES[0][1])
    again = Counter({row: n for row, n in shop.rows(FEATURES).items() if row[as_of] <= last})
    assert early
    assert again == early


def test_the_same_days_again_change_no_row(at_once: Shop) -> None:
    before = at_once.everything()
    at_once.run(FIRST, LAST, steps=[*STEPS, "features"])
    assert at_once.everything() == before


def test_counts_add_up_in_every_refresh(in_pieces: tuple[Shop, Rows]) -> None:
    shop, _ = in_pieces
    of_silver = shop.runs("table LIKE 'silver.%'")
    lost = [
        run for run in of_silver
        if run["rows_read"] != sum(run[name] for name in KEPT)
        or run["rows_input"] != run["rows_read"]
    ]  # fmt: skip
    assert of_silver
    assert lost == []


def test_every_landed_line_is_in_bronze_and_offered_to_silver(
    in_pieces: tuple[Shop, Rows], manifest: Manifest
) -> None:
    shop, _ = in_pieces
    inputs: Counter[str] = Counter()
    for run in shop.runs("table LIKE 'silver.%'"):
        inputs[run["table"].split(".")[1]] += run["rows_input"]
    bronze = {name: shop.read(f"bronze.{name}").count() for name in manifest.counts}
    assert bronze == manifest.counts
    assert dict(inputs) == manifest.counts


@pytest.mark.parametrize("source", SOURCES)
def test_quarantine_holds_exactly_the_planted_faults_with_their_rules(
    in_pieces: tuple[Shop, Rows], manifest: Manifest, privacy_key: str, source: str
) -> None:
    planted = Counter(
        expected(fault, privacy_key) for fault in manifest.of(f"silver.{source}", "quarantined")
    )
    columns = (*KEYS[source], "_failed_rules")
    assert planted
    assert in_pieces[0].rows(f"quarantine.silver_{source}", *columns) == planted


def expected(fault: Fault, key: str) -> tuple[object, ...]:
    """The keys of the row as in silver, and its rules."""
    values: list[object] = [fault.keys.get(name) for name in KEYS[fault.source]]
    if fault.source == "customers":
        known = fault.keys.get("customer_id")
        values = [token(known, "person", Key(key.encode())) if known else None]
    if fault.source == "order_lines" and values[1] is not None:
        values[1] = int(str(values[1]))
    return (*values, tuple(fault.rules))


def test_faults_that_are_repeats_are_superseded_and_quarantined_rows_counted(
    at_once: Shop, manifest: Manifest
) -> None:
    runs = at_once.runs("table LIKE 'silver.%' AND status = 'passed'")
    told = {run["table"]: (run["rows_quarantined"], run["rows_superseded"]) for run in runs}
    for source in SOURCES:
        table = f"silver.{source}"
        quarantined, superseded = told[table]
        assert quarantined == len(manifest.of(table, "quarantined"))
        assert superseded >= len(manifest.of(table, "superseded"))


def test_no_raw_value_of_a_person_leaves_bronze(at_once: Shop, manifest: Manifest) -> None:
    people = manifest.landing.glob("customers/*/*.jsonl")
    rows = [_row(text) for file in people for text in file.read_text("utf-8").splitlines()]
    names = ("customer_id", "full_name", "email", "phone")
    personal = {str(row[name]) for row in rows for name in names if row.get(name)}
    assert len(personal) > len(names)
    for table, found in at_once.everything("silver", "gold", "quarantine").items():
        cells = {value for row in found for value in row if isinstance(value, str)}
        assert cells & personal == set(), table


def _row(text: str) -> dict[str, object]:
    try:
        found: dict[str, object] = json.loads(text)
    except json.JSONDecodeError:
        return {}
    return found


def test_the_rules_of_the_record_name_each_day(at_once: Shop) -> None:
    (run,) = at_once.runs("table = 'silver.orders' AND status = 'passed'")
    days = {rule["day"] for rule in json.loads(run["rules"]) if rule["day"]}
    assert (min(days), max(days)) == (FIRST, LAST)


def _cells(shop: Shop, table: str, *columns: str) -> set[tuple[object, ...]]:
    return {tuple(row) for row in shop.read(table).select(*columns).collect()}


def test_daily_active_users(in_pieces: tuple[Shop, Rows], manifest: Manifest) -> None:
    columns = ("day", "active_users", "signed_in_users", "anonymous_visitors", "sessions", "events")
    found = _cells(in_pieces[0], "gold.daily_active_users", *columns)
    assert found == another_way.daily_active_users(manifest.landing)


def test_weekly_store_sales(in_pieces: tuple[Shop, Rows], manifest: Manifest) -> None:
    columns = ("store_id", "week", "store_name", "region", "orders", "returned_orders")
    sums = ("customers", "units", "gross_revenue")
    found = _cells(in_pieces[0], "gold.weekly_store_sales", *columns, *sums)
    assert found == another_way.weekly_store_sales(manifest.landing)


def test_quarterly_department_revenue(in_pieces: tuple[Shop, Rows], manifest: Manifest) -> None:
    columns = ("department", "quarter", "gross_revenue", "units", "order_lines", "orders")
    found = _cells(in_pieces[0], "gold.quarterly_department_revenue", *columns)
    assert len({row[1] for row in found}) == 2
    assert found == another_way.quarterly_department_revenue(manifest.landing)
