"""The warehouse of one pipeline: the command that fills it, and its tables by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lakehouse.cli.main import main

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Warehouse:
    """A warehouse of ``pipeline`` below ``home``; its files are in ``home/landing`` by default."""

    spark: SparkSession
    home: Path
    pipeline: str = "retail"
    landing: Path | None = None

    def places(self) -> dict[str, str]:
        """The settings for the folders of the warehouse."""
        places = {"landing": self.landing or self.home / "landing"}
        places |= {name: self.home / name for name in ("warehouse", "mlflow", "reports")}
        return {name: str(place) for name, place in places.items()}

    def run(self, step: str, start: date, end: date, *options: str) -> int:
        """Run ``lakehouse STEP`` for the days and return the exit code."""
        settings = [word for pair in self.places().items() for word in ("--set", "=".join(pair))]
        days = ["--start", str(start), "--end", str(end)]
        conf = ["--pipeline", self.pipeline, "--env", "test", "--conf-dir", str(ROOT / "conf")]
        return main([step, *conf, *days, *settings, *options])

    def table(self, name: str) -> DataFrame:
        """The current rows of a table, read by path."""
        path = self.home / "warehouse" / name.replace(".", "/")
        return self.spark.read.format("delta").load(str(path))

    def rows(self, name: str, *columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """The rows of a table, sorted; all columns unless some are named."""
        return in_order(self.table(name).where(where).select(*columns or ["*"]).collect())


def in_order(rows: Iterable[Iterable[Any]]) -> list[tuple[Any, ...]]:
    """Rows sorted by their text, so that NULL can be sorted too."""
    return sorted((tuple(row) for row in rows), key=lambda row: [str(value) for value in row])
