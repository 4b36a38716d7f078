"""The pipeline on the real files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pyspark.sql import functions as F
from warehouse import ROOT, Warehouse

from lakehouse.ml.holdout import BASELINES
from lakehouse.ml.registry import champion, tracking
from lakehouse.ml.run_summary import RunSummary, summarize_run

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

    def champion_run(self, model: str) -> RunSummary:
        """The training run of the champion."""
        with tracking(self.home / "mlflow"):
            version = champion(f"{self.pipeline}_{model}")
            assert version is not None
            return summarize_run(version, folder=self.home / "facts")


def beside_baselines(run: RunSummary, metrics: Sequence[str]) -> str:
    """A line for each metric and baseline: ``roc_auc 0.718 [0.682, 0.752], over dummy …``."""
    lines = [f"{run.name} v{run.version}, {run.params['chosen']}"]
    for metric in metrics:
        leads = (f"over {base} {_bounds(run, f'vs_{base}_{metric}', '+')}" for base in BASELINES)
        lines.append(", ".join([f"{metric} {_bounds(run, f'test_{metric}', '')}", *leads]))
    return "\n  ".join(lines)


def _bounds(run: RunSummary, name: str, sign: str) -> str:
    value, low, high = (run.metrics[f"{name}{end}"] for end in ("", "_low", "_high"))
    return f"{value:{sign}.4g} [{low:{sign}.4g}, {high:{sign}.4g}]"
