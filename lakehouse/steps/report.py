"""Report: one self-contained page on what ran, what was quarantined, gold, and the model."""

from __future__ import annotations

import tempfile
from pathlib import Path

from lakehouse.config.model_declaration import PredictionTable
from lakehouse.errors import DeclarationError
from lakehouse.ml.registry import champion, tracking
from lakehouse.ml.run_summary import RunSummary, summarize_run
from lakehouse.quality.rules import Suite
from lakehouse.refresh.compile import Compiler
from lakehouse.refresh.context import RunContext
from lakehouse.reporting.collect import collect
from lakehouse.reporting.page import render, write_report
from lakehouse.steps.progress import Progress
from lakehouse.steps.step import Request, Result


def run(context: RunContext, request: Request, progress: Progress) -> Result:
    """Write ``<reports>/index.html`` from what the warehouse and the model registry hold.

    Changes no table, so there is no outcome to return.
    """
    progress.step("report", 0)
    data = collect(
        context.tables,
        context.pipeline,
        env=context.settings.env,
        suites=_suites(context),
        facts=_facts(context),
    )
    progress.note(str(write_report(render(data), Path(context.settings.reports))))
    return Result()


def _suites(context: RunContext) -> dict[str, Suite]:
    """The rules of each table with a sound declaration, built-in ones included.

    A mistake in a declaration is told by the step that refreshes the table; the page shows what
    was there before it. Needs no key: nothing is compared.
    """
    compiler = Compiler(context.pipeline, context.settings, context.policy, key=None)
    suites: dict[str, Suite] = {}
    for name, table in context.pipeline.computed().items():
        try:
            suites[name] = compiler.definition(table).suite
        except DeclarationError:
            continue
    if context.pipeline.model is not None:
        for predictions in PredictionTable.of(context.pipeline.model):
            suites[predictions.table] = compiler.suite(predictions)
    return suites


def _facts(context: RunContext) -> RunSummary | None:
    """What the champion is known for; None where there is no model yet."""
    if context.pipeline.model is None:
        return None
    with tracking(context.settings.mlflow), tempfile.TemporaryDirectory() as folder:
        version = champion(f"{context.pipeline.name}_{context.pipeline.model.model}")
        return summarize_run(version, folder=Path(folder)) if version else None
