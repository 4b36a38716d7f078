"""The gold tables of ``retail``, computed from the raw files with pandas, without Spark or SQL.

Rows that the generator's manifest calls quarantined are left out by file and line; everything
else is computed here anew. Money stays Decimal.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from lakehouse.demo.manifest import read_manifest

Row = dict[str, Any]


def daily_active_users(landing: Path) -> set[tuple[Any, ...]]:
    """(day, active_users, signed_in_users, anonymous_visitors, sessions, events)."""
    events = pd.DataFrame(_rows(landing, "web_events"))
    events["event_id"] = events.event_id.str.strip().str.upper()
    events = events.drop_duplicates("event_id")
    events["day"] = pd.to_datetime(events.occurred_at).dt.date
    found = set()
    for day, rows in events.groupby("day"):
        signed_in = rows.customer_id.dropna().nunique()
        anonymous = rows[rows.customer_id.isna()].visitor_id.nunique()
        sessions = rows.session_id.nunique()
        found.add((day, signed_in + anonymous, signed_in, anonymous, sessions, len(rows)))
    return found


def weekly_store_sales(landing: Path) -> set[tuple[Any, ...]]:
    """(store_id, Monday, store_name, region, orders, returned, customers, units, revenue)."""
    orders, lines = _orders(landing), _lines(landing)
    stores = {row["store_id"]: row for row in _latest(landing, "stores", ["store_id"])}
    of_order = lines.groupby("order_id").agg(units=("quantity", "sum"), revenue=("amount", "sum"))
    joined = orders.join(of_order, on="order_id")
    found = set()
    for (store_id, week), rows in joined.groupby(["store_id", "week"]):
        store = stores.get(store_id, {})
        known = rows.dropna(subset=["units"])
        found.add(
            (
                store_id,
                week,
                (store.get("store_name") or "").strip() or None,
                (store.get("region") or "").strip().lower() or None,
                rows.order_id.nunique(),
                rows[rows.status == "returned"].order_id.nunique(),
                rows.customer_id.nunique(),
                int(known.units.sum()),
                _money(sum(known.revenue, Decimal(0))),
            )
        )
    return found


def quarterly_department_revenue(landing: Path) -> set[tuple[Any, ...]]:
    """(department, first day of the quarter, revenue, units, lines, orders)."""
    joined = _lines(landing).merge(_orders(landing)[["order_id", "day"]], on="order_id")
    days = pd.to_datetime(joined.day)
    joined["quarter"] = days.dt.to_period("Q").dt.start_time.dt.date
    found = set()
    for (department, quarter), rows in joined.groupby(["department", "quarter"]):
        revenue, units = sum(rows.amount, Decimal(0)), int(rows.quantity.sum())
        orders = rows.order_id.nunique()
        found.add((department, quarter, _money(revenue), units, len(rows), orders))
    return found


def _orders(landing: Path) -> pd.DataFrame:
    """Orders in their last state, without deleted and cancelled ones."""
    rows = pd.DataFrame(_latest(landing, "orders", ["order_id"]))
    rows = rows[rows.op.str.strip().str.upper() != "D"].copy()
    rows["status"] = rows.status.str.strip().str.lower()
    rows["store_id"] = rows.store_id.str.strip().str.upper()
    days = pd.to_datetime(rows.ordered_at)
    rows["day"] = days.dt.date
    rows["week"] = (days - pd.to_timedelta(days.dt.weekday, unit="D")).dt.date
    return rows[rows.status != "cancelled"]


def _lines(landing: Path) -> pd.DataFrame:
    rows = pd.DataFrame(_latest(landing, "order_lines", ["order_id", "line_no"]))
    rows["quantity"] = rows.quantity.astype(int)
    rows["department"] = rows.department.str.strip()
    prices = rows.unit_price.map(lambda text: Decimal(text.strip()))
    rows["amount"] = [n * price for n, price in zip(rows.quantity, prices, strict=True)]
    return rows


def _latest(landing: Path, source: str, keys: list[str]) -> list[Row]:
    """The row with the newest ``updated_at`` for each key; the last one of equal rows."""
    newest: dict[tuple[str, ...], Row] = {}
    for row in _rows(landing, source):
        key = tuple(str(row[name]).strip().upper() for name in keys)
        moment = pd.Timestamp(row["updated_at"])
        if key not in newest or moment >= newest[key]["_at"]:
            newest[key] = {**row, **dict(zip(keys, key, strict=True)), "_at": moment}
    return list(newest.values())


def _rows(landing: Path, source: str) -> Iterator[Row]:
    """Rows of all files, the day in order, without those that belong in quarantine."""
    faults = read_manifest(landing).faults
    out = {(f.file, f.line) for f in faults if f.outcome == "quarantined" and f.source == source}
    for file in sorted(path for path in (landing / source).rglob("*") if path.is_file()):
        name = str(file.relative_to(landing))
        for number, row in enumerate(_read(file), 1):
            if (name, number) not in out:
                yield row or {}


def _read(file: Path) -> Iterator[Row | None]:
    with file.open(encoding="utf-8", newline="") as text:
        if file.suffix == ".csv":
            reader = csv.reader(text)
            header = [name.strip() for name in next(reader)]
            yield from (dict(zip(header, fields, strict=False)) for fields in reader)
            return
        for line in text:
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                yield None


def _money(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))
