"""A small shop for tests: rows with full defaults, landing files, warehouses and what they hold."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lakehouse.api import Lakehouse, open_lakehouse
from lakehouse.cli.main import main
from lakehouse.refresh.outcome import RefreshOutcome

ROOT = Path(__file__).parents[1]
CONF = ROOT / "conf"
SOURCES = {"customers": "jsonl", "orders": "jsonl", "web_events": "jsonl", "stores": "csv",
           "order_lines": "csv"}  # fmt: skip
STEPS = ("ingest", "refine", "aggregate")
OWN = ("_ingested_at", "_run_id")
"""Columns that differ between two runs over the same data, and nothing else may."""

Row = dict[str, Any]
Rows = Counter[tuple[Any, ...]]


def customer(number: str, day: str, **other: Any) -> Row:
    """A new customer of a day."""
    row = {
        "op": "I", "customer_id": number, "full_name": f"Name of {number}",
        "email": f"{number.lower()}@mail.example", "phone": "+45 12 34 56 78",
        "birth_date": "1980-05-17", "postcode": "2100", "region": "north", "segment": "basic",
        "registered_at": f"{day}T06:00:00Z", "notes": "prefers mornings",
        "updated_at": f"{day}T06:00:00Z",
    }  # fmt: skip
    return row | other


def order(number: str, day: str, **other: Any) -> Row:
    """An order placed on a day, by C1 in S001."""
    row = {
        "op": "I", "order_id": number, "customer_id": "C1", "store_id": "S001",
        "channel": "store", "status": "completed", "ordered_at": f"{day}T10:00:00Z",
        "updated_at": f"{day}T10:00:00Z",
    }  # fmt: skip
    return row | other


def line(number: str, day: str, **other: Any) -> Row:
    """The first line of an order of a day: one piece from the kitchen for 10.00."""
    row = {
        "order_id": number, "line_no": 1, "sku": "K-001", "department": "Kitchen", "quantity": 1,
        "unit_price": "10.00", "order_date": day, "updated_at": f"{day}T10:00:00Z",
    }  # fmt: skip
    return row | other


def store(number: str, day: str, **other: Any) -> Row:
    """A store as told on a day."""
    row = {
        "store_id": number, "store_name": f"Shop {number}", "city": "Odense", "region": "north",
        "opened_on": "2020-01-01", "updated_at": f"{day}T05:00:00Z",
    }  # fmt: skip
    return row | other


def event(number: str, day: str, **other: Any) -> Row:
    """A page view of an anonymous visitor."""
    row = {
        "event_id": number, "visitor_id": "V1", "customer_id": None, "session_id": "T1",
        "event_type": "page_view", "page": "/c/001?x=1", "occurred_at": f"{day}T09:00:00Z",
        "ip_address": "203.0.113.7", "user_agent": "Mozilla/5.0 (X11; Linux)",
    }  # fmt: skip
    return row | other


def land(folder: Path, source: str, day: str, *rows: Row, part: str = "part-0") -> Path:
    """One file of a source's day; a folder for each source is there from the start."""
    for name in SOURCES:
        (folder / name).mkdir(parents=True, exist_ok=True)
    if SOURCES[source] == "jsonl":
        return written(folder / source / day / f"{part}.jsonl", as_json(rows))
    return written(folder / source / f"{day}.csv", as_csv(rows))


def written(file: Path, text: str) -> Path:
    """The text as a file, its folder made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def as_json(rows: Sequence[Row]) -> str:
    """JSON lines."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def as_csv(rows: Sequence[Row]) -> str:
    """CSV with a header; None is an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@dataclass(frozen=True)
class Shop:
    """A warehouse below ``home``, filled from ``landing``."""

    spark: SparkSession
    landing: Path
    home: Path
    pipeline: str = "retail"
    conf: Path = CONF

    @property
    def warehouse(self) -> Path:
        """The folder of the tables."""
        return self.home / "warehouse"

    def _settings(self) -> dict[str, str]:
        places = {name: str(self.home / name) for name in ("warehouse", "mlflow", "reports")}
        return {"landing": str(self.landing), **places}

    def opened(self) -> Lakehouse:
        """The Python interface of this shop."""
        return open_lakehouse(
            self.pipeline, "test", conf_dir=self.conf, spark=self.spark, **self._settings()
        )

    def copied(self, home: Path) -> Shop:
        """The shop below another folder, with its warehouse as it is now; its files are shared."""
        shutil.copytree(self.warehouse, home / "warehouse")
        return replace(self, home=home)

    def run(
        self, start: str, end: str | None = None, steps: Sequence[str] = STEPS, **options: Any
    ) -> list[RefreshOutcome]:
        """The steps for the days; every refresh must have ended well."""
        outcomes: list[RefreshOutcome] = self.opened().run(
            "run", start=start, end=end or start, steps=steps, **options
        )
        failed = [f"{one.table}: {one.message}" for one in outcomes if one.status == "failed"]
        if failed:
            raise AssertionError("\n".join(failed))
        return outcomes

    def command(self, step: str, *options: str) -> int:
        """``lakehouse STEP …`` in this process; its exit code."""
        settings = [word for pair in self._settings().items() for word in _setting(*pair)]
        place = ["--pipeline", self.pipeline, "--env", "test", "--conf-dir", str(self.conf)]
        return main([step, *place, *settings, *options])

    def exists(self, table: str) -> bool:
        """Whether the table has been written."""
        return (self.warehouse / table.replace(".", "/") / "_delta_log").is_dir()

    def read(self, table: str) -> DataFrame:
        """A table by path, past the library."""
        path = self.warehouse / table.replace(".", "/")
        return self.spark.read.format("delta").load(str(path))

    def rows(self, table: str, *columns: str) -> Rows:
        """A table as a multiset of rows: all columns but those of the run, in order of name."""
        frame = self.read(table)
        names = columns or sorted(name for name in frame.columns if name not in OWN)
        return Counter(hashable(row) for row in frame.select(*names).collect())

    def tables(self) -> list[str]:
        """Every table written, but for the records of runs and files."""
        logs = self.warehouse.glob("*/*/_delta_log")
        names = (f"{log.parents[1].name}.{log.parent.name}" for log in logs)
        return sorted(name for name in names if not name.startswith("ops."))

    def everything(self, *schemas: str) -> dict[str, Rows]:
        """Every table, or those of some schemas, as multisets of rows; empty ones left out."""
        names = [n for n in self.tables() if not schemas or n.split(".")[0] in schemas]
        with ThreadPoolExecutor(3) as pool:
            found = dict(zip(names, pool.map(self.rows, names), strict=True))
        return {name: rows for name, rows in found.items() if rows}

    def runs(self, where: str = "true") -> list[Row]:
        """Rows of ``ops.runs``."""
        return [row.asDict() for row in self.read("ops.runs").where(where).collect()]


def hashable(row: Sequence[Any]) -> tuple[Any, ...]:
    """A row as a value; lists inside become tuples."""
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)


def _setting(key: str, value: str) -> tuple[str, str]:
    return "--set", f"{key}={value}"
