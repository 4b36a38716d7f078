"""A pipeline with a table of each kind for runs that end anywhere, and what its warehouse holds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from functools import reduce
from pathlib import Path

from delta_rows import Row, read_rows
from failpoints import tables_of
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from replaced import SQL, TABLES, set_policy
from shop import OWN, Shop
from till import COUNTED, DAILY, MON, SALES, TUE, Till, not_null, sale

Content = dict[str, Counter[str]]
REFRESH = "ingest,refine,aggregate,features"
STEPS = f"{REFRESH},report"
RANKED = (
    "SELECT sale, amount, row_number() OVER (PARTITION BY customer ORDER BY amount, sale) AS place "
    "FROM silver.newest"
)
POSITIONS = ("_source_version", "bronze_id", "bronze_version", "run_id", "replaced")
"""Columns that say in which run or at which version something was read, beside those of ``OWN``."""
COUNTS = ("rows_input", "rows_read", "rows_written", "rows_quarantined", "rows_superseded",
          "rows_rescued", "rows_deleted")  # fmt: skip
OF_A_RUN = ("pipeline", "step", "table", "start_date", "date", *COUNTS)


def declare(home: Path) -> Till:
    """Bronze whose files may be replaced, silver in each write mode and with quarantine, gold in
    both, and features."""
    till = Till(home)
    till.bronze("sales", SALES)
    set_policy(till, "replace")
    for name, table in (("sales", "keyed"), ("newest", "newest"), ("history", "history")):
        rest = TABLES[f"silver.{table}"]
        if name != "newest":
            rest += f"\nexpectations: silver.{name}"
            rule = not_null("customer", f"customer_is_present_in_{name}", 0.1)
            till.suite(f"silver.{name}", rule)
        till.silver(name, SQL, rest, source="sales")
    till.gold("daily", DAILY, "write: replace_keys\nkeys: [day]")
    till.gold("ranked", RANKED, "source: silver.newest\nwrite: rebuild")
    till.features("activity", COUNTED)
    return till


def land_monday(till: Till) -> None:
    """Two files, with a row for quarantine."""
    till.land("sales", MON, sale("S1", MON), sale("S2", MON, customer=None))
    till.land("sales", MON, sale("S3", MON, customer="C2"), part="part-1")


def land_tuesday(till: Till) -> None:
    """Another content of a file of Monday, and two files of Tuesday."""
    till.land("sales", MON, sale("S1", MON, amount="9.00"), sale("S4", MON))
    changed = sale("S3", TUE, customer="C2", amount="5.00")
    till.land("sales", TUE, changed, sale("S5", TUE), sale("S6", TUE, customer=None))
    till.land("sales", TUE, sale("S7", TUE, customer="C3"), part="part-1")


def words(till: Till, day: str, steps: str = STEPS) -> list[str]:
    """The options of the run of a day; its side effects have one order."""
    places = {"landing": till.landing}
    places |= {name: till.home / "shop" / name for name in ("warehouse", "mlflow", "reports")}
    settings = [word for name in places for word in ("--set", f"{name}={places[name]}")]
    pipeline = ["--pipeline", "tiny", "--env", "test", "--conf-dir", str(till.conf)]
    return ["run", *pipeline, *settings, "--date", day, "--steps", steps, "--set", "threads=1"]


def content(shop: Shop, *, without: Collection[str] = ()) -> Content:
    """Every table as a multiset of rows, the records of files among them, and the passed refreshes
    of ``ops.runs``."""
    names = [name for name in (*shop.tables(), "ops.files") if name not in without]
    texts = [_texts(name, shop.read(name)) for name in names]
    if "ops.runs" not in without:
        passed = shop.read("ops.runs").where("status = 'passed'").select(*OF_A_RUN)
        texts.append(_texts("ops.runs", passed))
    rows = reduce(DataFrame.unionAll, texts).collect()
    held: Content = {name: Counter() for name in names}
    for name, text in rows:
        held.setdefault(name, Counter())[text] += 1
    return {name: held[name] for name in held if held[name]}


def content_of_files(warehouse: Path) -> Content:
    """``content`` of a warehouse whose logs are whole, without Spark."""
    held: Content = {}
    for name, folder in tables_of(warehouse).items():
        rows = list(read_rows(folder))
        if name == "ops.runs":
            passed = [row for row in rows if row["status"] == "passed"]
            rows = [{column: row[column] for column in OF_A_RUN} for row in passed]
        held[name] = Counter(map(_text, rows))
    return {name: held[name] for name in held if held[name]}


def _text(row: Row) -> str:
    kept = {name: row[name] for name in sorted(row) if name not in (*OWN, *POSITIONS)}
    return json.dumps(kept, default=str)


def _texts(name: str, frame: DataFrame) -> DataFrame:
    columns = sorted(column for column in frame.columns if column not in (*OWN, *POSITIONS))
    text = F.to_json(F.struct(*columns), {"ignoreNullFields": "false"})
    return frame.select(F.lit(name), text)


def differences(held: Content, expected: Content) -> list[str]:
    """The rows that are missing or too many, by table."""
    return [
        f"{sign} {name}: {text}"
        for sign, left, right in (("missing", expected, held), ("too many", held, expected))
        for name in left
        for text in (left[name] - right.get(name, Counter())).elements()
    ]
