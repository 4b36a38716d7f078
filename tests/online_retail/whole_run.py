"""The pipeline over the real files: its command, and its tables by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.cli.main import main

ROOT = Path(__file__).parents[2]
FOLDER = ROOT.parent / "shared" / "data" / "online_retail"
KEY = "online-retail-test-key-online-retail-test-key"
FIRST_DAY, LAST_DAY = date(2010, 12, 1), date(2011, 12, 9)


@dataclass(frozen=True)
class Shop:
    """One warehouse of the shop below ``home``."""

    spark: SparkSession
    home: Path

    def run(self, step: str, start: date, end: date, *options: str) -> int:
        """``lakehouse STEP`` for the days; the exit code."""
        places = {"landing": FOLDER, "warehouse": self.home / "warehouse"}
        places |= {name: self.home / name for name in ("mlflow", "reports")}
        settings = [word for key, value in places.items() for word in ("--set", f"{key}={value}")]
        days = ["--start", str(start), "--end", str(end)]
        conf = ["--pipeline", "online_retail", "--env", "test", "--conf-dir", str(ROOT / "conf")]
        return main([step, *conf, *days, *settings, *options])

    def table(self, name: str) -> DataFrame:
        """A table as it is now."""
        path = self.home / "warehouse" / name.replace(".", "/")
        return self.spark.read.format("delta").load(str(path))

    def rows(self, name: str, *columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """The rows of a table, in order."""
        return in_order(self.table(name).where(where).select(*columns).collect())

    def newest_run(self, table: str) -> dict[str, Any]:
        """The record of a table's newest refresh that passed."""
        passed = (F.col("table") == table) & (F.col("status") == "passed")
        newest = self.table("ops.runs").where(passed).orderBy(F.desc("started_at")).limit(1)
        return newest.collect()[0].asDict()


def in_order(rows: Iterable[Iterable[Any]]) -> list[tuple[Any, ...]]:
    """Rows sorted by their text, so that NULL has a place too."""
    return sorted((tuple(row) for row in rows), key=lambda row: [str(value) for value in row])
