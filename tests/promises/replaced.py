"""A pipeline over one file that is replaced, with a silver table for each way of writing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from till import MON, SALES, TUE, Till, sale

SQL = "SELECT sale, customer, day, amount FROM bronze.sales"
TABLES = {
    "silver.every": "write: append",
    "silver.keyed": "write: append\nkeys: [sale]",
    "silver.repeats": "write: append\nkeys: all",
    "silver.newest": "write: scd1\nkeys: [sale]\nsequence_by: day",
    "silver.history": "write: scd2\nkeys: [sale]\nsequence_by: day",
}
PAST = [table for table in TABLES if table != "silver.newest"]
SAID = ("sale", "customer", "day", "amount")
OLD = (sale("S1", MON), sale("S1", MON), sale("S2", MON, amount="2.00"), sale("S3", MON))
OTHER = (sale("S1", MON, amount="9.00"), sale("S2", MON, amount="7.00"), sale("S5", TUE))
NEW = (sale("S1", MON), sale("S3", MON, amount="4.00"), sale("S4", MON))
INGEST, REFINE = ["ingest"], ["refine"]

Rows = list[tuple[Any, ...]]


def declared(home: Path, *tables: str, policy: str = "replace") -> Till:
    """Sales in silver tables that keep every row, one row per key, and a history."""
    till = Till(home)
    till.bronze("sales", SALES)
    set_policy(till, policy)
    for table in tables or TABLES:
        till.silver(table.partition(".")[2], SQL, TABLES[table], source="sales")
    return till


def set_policy(till: Till, policy: str) -> None:
    file = till.conf / "pipelines" / "tiny" / "bronze" / "sales.yml"
    lines = [line for line in file.read_text().splitlines() if "on_changed_file" not in line]
    at = lines.index("columns:")
    text = "\n".join([*lines[:at], f"on_changed_file: {policy}", *lines[at:], ""])
    till.declare("bronze/sales.yml", text)


def computed(till: Till) -> None:
    """Gold on a table of each kind, and a feature table on those with a past."""
    for name in ("every", "newest", "history"):
        till.gold(
            f"by_day_{name}",
            f"SELECT day, count(*) AS n, sum(amount) AS total FROM silver.{name} GROUP BY day",
            f"source: silver.{name}\nwrite: replace_keys\nkeys: [day]",
        )
    for name in ("every", "keyed", "history"):
        till.features(
            f"seen_{name}",
            f"SELECT sale, count(*) AS n, sum(amount) AS total FROM silver.{name} GROUP BY sale",
            f"source: silver.{name}\nkeys: [sale]",
        )


def say(till: Till, *content: dict[str, Any]) -> Path:
    """Write Monday's file, for the first time or with another content."""
    return till.land("sales", MON, *content)


def current(till: Till, spark: SparkSession) -> dict[str, Rows]:
    """The current rows of each table with the day since which they are known; a history without."""
    said = {}
    for table in TABLES:
        frame, names = till.shop(spark).read(table), [*SAID, "_known_date"]
        if table == "silver.history":
            frame = frame.where("known_to IS NULL")
            names = [*SAID, "valid_from", "valid_to", "is_current"]
        said[table] = texts(frame, *names)
    return said


def as_known(till: Till, spark: SparkSession, *days: str) -> dict[tuple[str, str], Rows]:
    """The rows of each table with a past, as known on the days."""
    lake = till.shop(spark).opened()
    return {
        (table, day): texts(lake.read(table, as_of=day), *SAID) for table in PAST for day in days
    }


def texts(frame: DataFrame, *names: str) -> Rows:
    return sorted(tuple(map(str, row)) for row in frame.select(*names).collect())


def everything(till: Till, spark: SparkSession) -> dict[str, Any]:
    """Every silver and gold table, those of replaced rows among them, but for where each row of
    these was read."""
    return {
        table: texts(frame, *(n for n in frame.columns if n != "_source_version"))
        for table in till.shop(spark).tables()
        if table.startswith(("silver.", "gold."))
        for frame in [till.shop(spark).read(table)]
    }


def texts_of(content: tuple[dict[str, Any], ...]) -> Rows:
    return sorted(tuple(str(row[name]) for name in SAID) for row in content)


def forget_files(till: Till, spark: SparkSession) -> None:
    """Lose ``ops.files``."""
    shutil.rmtree(till.shop(spark).warehouse / "ops" / "files")
