"""Report: one self-contained page on what ran, what was quarantined, gold, and the model."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import DataFrame

from lakehouse.config.model.declaration import PredictionTable
from lakehouse.errors import DeclarationError, UsageError
from lakehouse.ml.registry import champion, tracking
from lakehouse.ml.run_summary import RunSummary, summarize_run
from lakehouse.monitoring.records import DRIFT, PERFORMANCE
from lakehouse.quality.rules import Suite
from lakehouse.refresh.compile import Compiler
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.quarantine_table import table_of
from lakehouse.reporting.collect import collect
from lakehouse.reporting.page import render, write_report
from lakehouse.reporting.parts import Part, cut
from lakehouse.steps.progress import Progress
from lakehouse.steps.registry import run_steps, step_tables
from lakehouse.steps.step import Request, Result
from lakehouse.storage.records import RUNS
from lakehouse.storage.tables import Tables


def run(context: RunContext, request: Request, progress: Progress) -> Result:
    """Write ``<reports>/index.html`` from what the warehouse and the model registry hold.

    Changes no table, so the result has no outcomes.
    """
    progress.step("report", 0)
    progress.note(str(write_report(page(context), Path(context.settings.reports))))
    return Result()


def part(context: RunContext, name: str) -> Part:
    """A gold table's figures, or a section of the page: runs, quarantine, gold, model, scores or
    monitoring.

    Reads what that part needs. Raises UsageError where the page has no such part yet.
    """
    pipeline = context.pipeline
    sections: dict[str, list[str] | None] = {
        "runs": None,  # shows for every table whether it has been written
        "quarantine": [table_of(table) for table in [*pipeline.tables(), *pipeline.predictions()]],
        "gold": [*pipeline.gold],
        "model": [],
        "scores": [*pipeline.gold, *pipeline.predictions()],
        "monitoring": [DRIFT, PERFORMANCE],
    }
    only = sections.get(name, [name])
    shown = cut(page(context, only=only, with_model=name == "model"), name)
    if shown is None:
        hint = f"name a gold table that has been written, or a section: {', '.join(sections)}"
        raise UsageError("the report has no such figures", where=name, hint=hint)
    return shown


def page(
    context: RunContext, *, only: Collection[str] | None = None, with_model: bool = True
) -> str:
    """The report as HTML; ``only`` restricts it to these tables and ``ops.runs``."""
    reader = context.tables if only is None else _Only(context.tables, frozenset(only) | {RUNS})
    data = collect(
        reader,
        context.pipeline,
        env=context.settings.env,
        steps={step: step_tables(context.pipeline, step) for step in run_steps()},
        suites=_suites(context),
        facts=summarize_champion(context) if with_model else None,
    )
    return render(data)


@dataclass(frozen=True)
class _Only:
    """A reader of some tables, for which the others do not exist."""

    tables: Tables
    names: frozenset[str]

    def read(self, table: str) -> DataFrame:
        return self.tables.read(table)

    def exists(self, table: str) -> bool:
        return table in self.names and self.tables.exists(table)


def _suites(context: RunContext) -> dict[str, Suite]:
    """The suite of each table with a valid declaration, built-in rules included.

    An invalid declaration is reported by the step that refreshes the table. No key is needed, since
    definitions are not compared.
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


def summarize_champion(context: RunContext) -> RunSummary | None:
    """The summary of the champion's training run; None without a champion."""
    if context.pipeline.model is None:
        return None
    with tracking(context.settings.mlflow), tempfile.TemporaryDirectory() as folder:
        version = champion(context.pipeline.model.registered_name(context.pipeline.name))
        return summarize_run(version, folder=Path(folder)) if version else None
