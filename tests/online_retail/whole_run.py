"""The pipeline on the real files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pyspark.sql import functions as F
from warehouse import ROOT, Warehouse

FOLDER = ROOT.parent / "shared" / "data" / "online_retail"
KEY = "online-retail-test-key-online-retail-test-key"
FIRST_DAY, LAST_DAY = date(2010, 12, 1), date(2011, 12, 9)


@dataclass(frozen=True)
class Invoices(Warehouse):
    """A warehouse of ``online_retail``, filled from the real invoices."""

    pipeline: str = "online_retail"
    landing: Path | None = FOLDER

    def newest_run(self, table: str) -> dict[str, Any]:
        """The record of a table's newest refresh that passed."""
        passed = (F.col("table") == table) & (F.col("status") == "passed")
        newest = self.table("ops.runs").where(passed).orderBy(F.desc("started_at")).limit(1)
        return newest.collect()[0].asDict()
