"""The steps that refresh declared tables (ingest, refine, aggregate, features)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from lakehouse.config.checks import suite_file
from lakehouse.config.declarations import ComputedTable, SnapshotTable, Table
from lakehouse.config.places import absolute
from lakehouse.config.yaml_file import shown
from lakehouse.errors import Mistakes
from lakehouse.refresh.compile import Compiler
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.feature_store import refresh_feature_store
from lakehouse.sources.registry import source_of
from lakehouse.steps.progress import Progress
from lakehouse.steps.registry import step_tables
from lakehouse.steps.running import refresh_tables
from lakehouse.steps.step import Request, Result


def run(context: RunContext, request: Request, progress: Progress) -> Result:
    """Refresh the tables of the context's step that the request selects, inputs first."""
    definitions = definitions_of_step(context, request, context.run.step)
    outcomes = refresh_tables(context, definitions, progress)
    if any(isinstance(definition.table, SnapshotTable) for definition in definitions.values()):
        refresh_feature_store(context, request.definitions)
    return Result(outcomes)


def compiler_of(context: RunContext) -> Compiler:
    """The compiler of the pipeline's declarations, with the key of the tokens."""
    return Compiler(context.pipeline, context.settings, context.policy, lambda: context.key)


def compile_steps(
    context: RunContext, steps: Sequence[str], names: Sequence[str] | None = None
) -> dict[str, Definition]:
    """Compile the definitions of the tables of these steps and of the tables that they read.

    Raises all mistakes in the declarations of these tables at once.
    """
    pipeline = context.pipeline
    chosen = [
        name
        for step in steps
        for name in step_tables(pipeline, step)
        if names is None or name in names
    ]
    tables = [pipeline.tables()[name] for name in chosen if name in pipeline.tables()]
    files = {shown(file) for table in tables for file in _files_of(context, table)}
    if "score" in steps:
        files.add(shown(pipeline.folder / "model.yml"))
    mistakes = Mistakes(
        error for error in context.mistakes if (error.where or "").rpartition(":")[0] in files
    )
    mistakes.raise_all()
    return compiler_of(context).compile(tables)


def _files_of(context: RunContext, table: Table) -> Iterator[Path]:
    yield table.file
    if isinstance(table, ComputedTable):
        yield from getattr(table, "transformations", {}).values() or [table.transformation]
        if table.expectations:
            yield suite_file(context.settings.conf_dir, table)


def definitions_of_step(context: RunContext, request: Request, step: str) -> dict[str, Definition]:
    """The definitions of the step's tables that the request selects."""
    return {
        name: request.definitions[name]
        for name in step_tables(context.pipeline, step)
        if name in request.definitions and request.selects(name)
    }


def check_landing(context: RunContext, request: Request) -> None:
    """Raise UsageError when a landing folder is missing, before anything is written."""
    for name, table in context.pipeline.bronze.items():
        if request.selects(name):
            source_of(table).check_place(table, absolute(context.settings.landing))
