"""A folder of three made-up sources, as companies export them, for drafts of a pipeline."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

DAYS = ("2026-01-30", "2026-01-31")
PEOPLE = ("Bodil Østergård", "Åse Lindqvist", "Gülşen Demir")
STREETS = ("Nørregade 12", "Ægirsgade 3", "Østerbro 7 B")


def email(number: int) -> str:
    """The address of a person."""
    return f"person{number}@mail{number % 3}.example"


def write_folder(folder: Path) -> Path:
    """Customers (CSV with semicolons, ISO-8859-1, a file a day), orders (nested JSON lines in gzip)
    and prices (Parquet); a text file that is no data lies beside them."""
    for place, day in enumerate(DAYS):
        _write_customers(folder / "crm" / f"customers_{day}.csv", place)
        _write_orders(folder / "shop" / day / "orders-000.jsonl.gz", place, day)
    _write_prices(folder / "prices.parquet")
    (folder / "README.txt").write_text("Exports of two systems. Ask Jane.\n", encoding="utf-8")
    return folder


def _write_customers(file: Path, place: int) -> None:
    lines = ["Customer No;Full name;E-Mail;Street;Plz;Segment;Balance;Last seen;Remark"]
    for number in range(30):
        person = number + 20 * place  # ten people are in both files, with another balance
        name, street = PEOPLE[person % 3], STREETS[person % 3]
        segment = "gold" if person % 2 else "basic"
        lines.append(
            f"C{person:05d};{name};{email(person)};{street};0{person:04d};{segment};"
            f"{person * 3}.{place}5;{person % 17 + 1:02d}.12.2025;Ring {name} tilbage om aftenen"
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(("\r\n".join(lines) + "\r\n").encode("iso-8859-1", "replace"))


def _write_orders(file: Path, place: int, day: str) -> None:
    orders = [
        {
            "order_id": place * 40 + number,
            "customer_id": f"C{number:05d}",
            "status": ("placed", "shipped", "returned")[number % 3],
            "total_amount": number + 0.5,
            "ordered_at": f"{day}T{number % 24:02d}:15:00Z",
            "lines": [{"sku": f"A-{number % 5}", "quantity": number % 4 + 1}],
            "contact": {"email": email(number), "ip": f"10.0.0.{number}"},
        }
        for number in range(40)
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(file, "wt", encoding="utf-8") as opened:
        opened.writelines(json.dumps(order) + "\n" for order in orders)


def _write_prices(file: Path) -> None:
    table = pa.table(
        {
            "sku": [f"A-{number}" for number in range(5)],
            "price": pa.array([100 + number for number in range(5)], pa.decimal128(9, 2)),
            "is_active": [True, False, True, True, None],
        }
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, file)
