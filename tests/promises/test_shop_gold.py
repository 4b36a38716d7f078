"""Gold after late stores, renames, moves and cancellations equals a full refresh.

The shop's days lie in one week and two quarters: 2026-03-30 is a Monday, 04-01 a new quarter.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import shop as s
from pyspark.sql import SparkSession
from shop import Rows, Shop, land

MON, WED, THU = "2026-03-30", "2026-04-01", "2026-04-02"
DAYS = (MON, WED, THU)
WEEK, WEEK_BEFORE = date(2026, 3, 30), date(2026, 3, 23)
Q1, Q2 = date(2026, 1, 1), date(2026, 4, 1)
SALES = ("store_id", "week", "store_name", "region", "orders", "units", "gross_revenue")
REVENUE = ("department", "quarter", "gross_revenue", "units", "orders")


def land_monday(to: Path) -> None:
    land(to, "stores", MON, s.store("S001", MON))
    land(
        to, "orders", MON,
        s.order("O1", MON),
        s.order("O2", MON, customer_id="C2", store_id="S002"),  # a store that nobody told of yet
        s.order("O3", MON),
        s.order("O4", MON, customer_id="C2"),
        s.order("O5", MON, customer_id="C2"),
    )  # fmt: skip
    land(
        to, "order_lines", MON,
        s.line("O1", MON, quantity=2),
        s.line("O1", MON, line_no=2, department="Garden", unit_price="5.50"),
        s.line("O2", MON, department="Garden", quantity=3, unit_price="4.00"),
        s.line("O3", MON, department="Toys", unit_price="7.25"),
        s.line("O4", MON, unit_price="100.00"),
        s.line("O5", MON, department="Books", quantity=2, unit_price="3.00"),
    )  # fmt: skip
    land(
        to, "web_events", MON,
        s.event("E1", MON, customer_id="C1"),
        s.event("E2", MON, customer_id="C1"),
        s.event("E3", MON, visitor_id="V2", session_id="T2"),
    )  # fmt: skip


def land_wednesday(to: Path) -> None:
    """The late store; an order moves to it and into the next quarter; one is cancelled, one was no
    order; a department gets a new name; one event comes again and one late."""
    land(to, "stores", WED, s.store("S002", WED))
    land(
        to, "orders", WED,
        s.order("O3", WED, op="U", store_id="S002"),
        s.order("O4", MON, customer_id="C2", op="D", updated_at=f"{WED}T12:00:00Z"),
        s.order("O5", MON, customer_id="C2", op="U", status="cancelled",
                updated_at=f"{WED}T11:00:00Z"),
        s.order("O6", WED, store_id="S000", channel="web"),
    )  # fmt: skip
    land(
        to, "order_lines", WED,
        s.line("O3", WED, department="Toys", unit_price="7.25"),
        s.line("O1", MON, line_no=2, department="Outdoor", unit_price="5.50",
               updated_at=f"{WED}T00:00:00Z"),
    )  # fmt: skip
    land(
        to, "web_events", WED,
        s.event("E3", MON, visitor_id="V2", session_id="T2"),
        s.event("E5", MON, visitor_id="V3", session_id="T4"),
        s.event("E6", WED, customer_id="C2", session_id="T5"),
    )  # fmt: skip


def land_thursday(to: Path) -> None:
    """An order moves to the week before, a store to another region; lines come a day late."""
    moved = s.order("O2", "2026-03-29", customer_id="C2", store_id="S002", op="U")
    land(to, "orders", THU, moved | {"updated_at": f"{THU}T11:00:00Z"})
    land(to, "stores", THU, s.store("S001", THU, region="south"))
    land(to, "order_lines", THU, s.line("O6", WED, department="Beauty", unit_price="9.99"))


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("landing")
    for land_day in (land_monday, land_wednesday, land_thursday):
        land_day(folder)
    return folder


@pytest.fixture(scope="module")
def by_day(
    spark: SparkSession, privacy_key: str, landing: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Shop, dict[str, dict[str, Rows]]]:
    """A shop that ran day by day, and its gold tables after each day."""
    shop = Shop(spark, landing, tmp_path_factory.mktemp("by_day"))
    after = {}
    for day in DAYS:
        shop.run(day)
        after[day] = {
            "sales": shop.rows("gold.weekly_store_sales", *SALES),
            "revenue": shop.rows("gold.quarterly_department_revenue", *REVENUE),
        }
    return shop, after


@pytest.fixture(scope="module")
def at_once(
    spark: SparkSession, privacy_key: str, landing: Path, tmp_path_factory: pytest.TempPathFactory
) -> Shop:
    """A fresh warehouse, all days in one range."""
    shop = Shop(spark, landing, tmp_path_factory.mktemp("at_once"))
    shop.run(MON, THU)
    return shop


def sums(rows: Rows) -> dict[tuple[object, object], str]:
    """The amount of each group."""
    money = {key[:2]: next(v for v in key if isinstance(v, Decimal)) for key in rows}
    return {group: str(value) for group, value in money.items()}


def test_renamed_cancelled_and_deleted_rows_leave_their_groups(by_day: tuple) -> None:
    _, after = by_day
    assert sums(after[MON]["revenue"]) == {
        ("Kitchen", Q1): "120.00", ("Garden", Q1): "17.50", ("Toys", Q1): "7.25",
        ("Books", Q1): "6.00",
    }  # fmt: skip
    assert sums(after[WED]["revenue"]) == {
        ("Kitchen", Q1): "20.00", ("Garden", Q1): "12.00", ("Outdoor", Q1): "5.50",
        ("Toys", Q2): "7.25",
    }  # fmt: skip


def test_a_late_store_gets_its_name(by_day: tuple) -> None:
    _, after = by_day
    named = {day: {row[2] for row in after[day]["sales"] if row[0] == "S002"} for day in (MON, WED)}
    assert named == {MON: {None}, WED: {"Shop S002"}}


def test_sales_after_all_moves_by_hand(by_day: tuple) -> None:
    _, after = by_day
    assert set(after[THU]["sales"]) == {
        ("S001", WEEK, "Shop S001", "south", 1, 3, Decimal("25.50")),
        ("S002", WEEK_BEFORE, "Shop S002", "north", 1, 3, Decimal("12.00")),
        ("S002", WEEK, "Shop S002", "north", 1, 1, Decimal("7.25")),
        ("S000", WEEK, None, None, 1, 1, Decimal("9.99")),
    }


def test_revenue_after_all_moves_by_hand(by_day: tuple) -> None:
    _, after = by_day
    assert set(after[THU]["revenue"]) == {
        ("Kitchen", Q1, Decimal("20.00"), 2, 1),
        ("Outdoor", Q1, Decimal("5.50"), 1, 1),
        ("Garden", Q1, Decimal("12.00"), 3, 1),
        ("Toys", Q2, Decimal("7.25"), 1, 1),
        ("Beauty", Q2, Decimal("9.99"), 1, 1),
    }


def test_active_users_by_hand(by_day: tuple) -> None:
    shop, _ = by_day
    columns = ("day", "active_users", "signed_in_users", "anonymous_visitors", "sessions", "events")
    assert set(shop.rows("gold.daily_active_users", *columns)) == {
        (date(2026, 3, 30), 3, 1, 2, 3, 4),  # C1, V2 and, told on Wednesday, V3
        (date(2026, 4, 1), 1, 1, 0, 1, 1),
    }


def test_day_by_day_is_one_range_in_every_table(by_day: tuple, at_once: Shop) -> None:
    assert by_day[0].everything() == at_once.everything()


def test_gold_is_what_a_full_refresh_gives(by_day: tuple, at_once: Shop) -> None:
    shop, _ = by_day
    before = shop.everything("gold")
    shop.run(THU, steps=["aggregate"], full_refresh=True)
    assert shop.everything("gold") == before
