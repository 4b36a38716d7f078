"""A small shop of generated files: the command over them, and its tables by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lakehouse.cli.main import main

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
KEY = "whole-loop-test-key-whole-loop-test-key"
CUSTOMERS, DAYS, FIRST_DAY = 300, 98, date(2026, 3, 1)
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)


@dataclass(frozen=True)
class Shop:
    """One warehouse of ``retail`` below ``home``."""

    spark: SparkSession
    home: Path

    def places(self) -> dict[str, str]:
        """The settings that say where the shop lies."""
        names = ("landing", "warehouse", "mlflow", "reports")
        return {name: str(self.home / name) for name in names}

    def run(self, step: str, start: date, end: date, *options: str) -> int:
        """``lakehouse STEP`` for the days; the exit code."""
        settings = [word for pair in self.places().items() for word in ("--set", "=".join(pair))]
        days = ["--start", str(start), "--end", str(end)]
        conf = ["--env", "test", "--conf-dir", str(ROOT / "conf")]
        return main([step, *conf, *days, *settings, *options])

    def table(self, name: str) -> DataFrame:
        """A table as it is now."""
        path = self.home / "warehouse" / name.replace(".", "/")
        return self.spark.read.format("delta").load(str(path))

    def rows(self, name: str, *columns: str) -> list[tuple[Any, ...]]:
        """The rows of a table, in order."""
        return in_order(self.table(name).select(*columns or ["*"]).collect())


@dataclass(frozen=True)
class Loop:
    """The shop after all notebooks, and what each of them printed and drew, by its name."""

    shop: Shop
    printed: dict[str, str]
    drawn: dict[str, list[str]]


def in_order(rows: Iterable[Iterable[Any]]) -> list[tuple[Any, ...]]:
    """Rows sorted by their text, so that NULL has a place too."""
    return sorted((tuple(row) for row in rows), key=lambda row: [str(value) for value in row])
