"""The files that both sides read: sales of a year, then some more of its last day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

ROWS = 100_000
ADDED = 100
DAYS = ("2026-01-01", "2026-01-02")
_STORES = 20
_DATES = 365


def first_rows(landing: Path) -> None:
    """100,000 sales of 365 days in 20 stores, and three changes of two customers."""
    _sales(landing / "sales" / f"{DAYS[0]}.csv", range(ROWS), days=_DATES)
    customers = landing / "customers" / "feed.csv"
    customers.parent.mkdir(parents=True)
    customers.write_text(
        "op,customer_id,segment,updated_at\n"
        "I,C1,basic,2026-01-01T08:00:00Z\n"
        "I,C2,basic,2026-01-01T09:00:00Z\n"
        "U,C1,plus,2026-01-02T08:00:00Z\n"
    )


def add_rows(landing: Path) -> None:
    """0.1 % more, all of one day."""
    _sales(landing / "sales" / f"{DAYS[1]}.csv", range(ROWS, ROWS + ADDED), days=1)


def _sales(file: Path, numbers: range, *, days: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = ["sale_id,store_id,sold_on,amount"]
    for number in numbers:
        day = date(2025, 12, 31) - timedelta(days=number % days)
        store = number // _DATES % _STORES
        lines.append(f"{number},S{store},{day},{number % 9999 / 100:.2f}")
    file.write_text("\n".join(lines) + "\n")
