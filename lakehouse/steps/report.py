"""Report: one self-contained page on what ran, what was quarantined, gold, and the model."""

from __future__ import annotations

import tempfile
from pathlib import Path

from lakehouse.ml.registry import champion, tracking
from lakehouse.ml.run_summary import RunSummary, summarize_run
from lakehouse.refresh.context import RunContext
from lakehouse.reporting.collect import collect
from lakehouse.reporting.page import render, write_report
from lakehouse.steps.progress import Progress
from lakehouse.steps.refreshing import compiler_of
from lakehouse.steps.step import Request, Result


def run(context: RunContext, request: Request, progress: Progress) -> Result:
    """Write ``<reports>/index.html`` from what the warehouse and the model registry hold.

    Changes no table, so there is no outcome to return.
    """
    progress.step("report", 0)
    compiler = compiler_of(context)
    suites = [compiler.suite(table) for table in context.pipeline.computed().values()]
    data = collect(
        context.tables,
        context.pipeline,
        env=context.settings.env,
        suites=suites,
        facts=_facts(context),
    )
    progress.note(str(write_report(render(data), Path(context.settings.reports))))
    return Result()


def _facts(context: RunContext) -> RunSummary | None:
    """What the champion is known for; None where there is no model yet."""
    if context.pipeline.model is None:
        return None
    with tracking(context.settings.mlflow), tempfile.TemporaryDirectory() as folder:
        version = champion(f"{context.pipeline.name}_{context.pipeline.model.model}")
        return summarize_run(version, folder=Path(folder)) if version else None
