"""Report: one self-contained page on what ran, what was quarantined, gold, and the model."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from lakehouse.layers.lake import Lake
from lakehouse.layers.refresh import Refresh
from lakehouse.ml.facts import Facts, facts
from lakehouse.ml.registry import champion, tracking
from lakehouse.reporting.collect import collect
from lakehouse.reporting.page import render, write_report
from lakehouse.steps.progress import Progress, Quiet


def run(
    lake: Lake, tables: Sequence[str] | None = None, progress: Progress | None = None
) -> list[Refresh]:
    """Write ``<reports>/index.html`` from what the warehouse and the model registry hold.

    Changes no table, so there is no outcome to return; ``tables`` narrows nothing here.
    """
    progress = progress or Quiet()
    progress.step("report", 0)
    suites = [lake.suite(table) for table in lake.pipeline.computed().values()]
    data = collect(
        lake.tables, lake.pipeline, env=lake.settings.env, suites=suites, facts=_facts(lake)
    )
    progress.note(str(write_report(render(data), Path(lake.settings.reports))))
    return []


def _facts(lake: Lake) -> Facts | None:
    """What the champion is known for; None where there is no model yet."""
    if lake.pipeline.model is None:
        return None
    with tracking(lake.settings.mlflow), tempfile.TemporaryDirectory() as folder:
        version = champion(f"{lake.pipeline.name}_{lake.pipeline.model.model}")
        return facts(version, folder=Path(folder)) if version else None
