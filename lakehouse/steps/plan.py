"""Plan: show changed definitions, and what a run would compute for which days. Writes nothing.
``--dry-run`` also shows the bound SQL, the treatments and the write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import chain

from lakehouse.config.declarations import BronzeTable, SnapshotTable
from lakehouse.errors import LakehouseError
from lakehouse.refresh.batch import Batch, FileBatch, NothingNew
from lakehouse.refresh.branches import branches_of
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.definition_changes import changes_of
from lakehouse.sql.parameters import render_sql
from lakehouse.steps.model_plan import describe_model
from lakehouse.steps.progress import Progress
from lakehouse.steps.refreshing import compile_steps, definitions_of_step
from lakehouse.steps.registry import run_steps
from lakehouse.steps.running import waves
from lakehouse.steps.step import Request, Result


def run(context: RunContext, request: Request, progress: Progress) -> Result:
    """Show a block of text for each table of the steps, inputs first; ``how`` makes it a dry run.

    For a table whose input would be refreshed, only that input is named, since its changes are not
    known yet. A table that reads a refused table waits for it, as in a run.
    """
    how = bool(request.options.get("how"))
    steps = [step for step in run_steps() if step in (request.steps or run_steps())]
    definitions = compile_steps(context, steps, request.tables)
    moving: set[str] = set()
    stopped: set[str] = set()
    for step in steps:
        of_step = definitions_of_step(context, replace(request, definitions=definitions), step)
        for definition in chain.from_iterable(waves(of_step)):
            lines = [f"{definition.name}  ({definition.table.file})"]
            lines += _describe_plan(context.for_step(step), definition, moving, stopped)
            if how:
                lines += _describe_how(context, definition)
            context.release()
            progress.show("\n".join(lines) + "\n")
    model = context.pipeline.model
    if model is not None and request.tables is None and {"features", "score"} & set(steps):
        progress.show("\n".join(describe_model(context, model)) + "\n")
    return Result()


def _describe_plan(
    context: RunContext, definition: Definition, moving: set[str], stopped: set[str]
) -> Iterator[str]:
    progress = context.progress.progress(context.tables, definition.name)
    changes = changes_of(progress.definition, definition) if progress else []
    if changes:
        yield f"  changed  {'; '.join(change.text for change in changes)}"
        decision = definition.kind.decide(definition, changes, context.run)
        if decision.error is not None:
            stopped.add(definition.name)
            yield f"  refused  {decision.error.hint or decision.error.message}"
            return
    follows = [name for name in definition.inputs if name in moving]
    waits = [name for name in definition.inputs if name in stopped]
    if waits:
        stopped.add(definition.name)
        yield f"  waits    for {', '.join(waits)}"
        return
    try:
        batch = _read_new(context, definition, is_final=not follows)
    except LakehouseError as error:
        stopped.add(definition.name)
        yield f"  refused  {error.message}"
        return
    if isinstance(batch, NothingNew):
        yield f"  computes {'' if follows else 'nothing: '}" + (
            f"what changes in {', '.join(follows)}" if follows else batch.reason
        )
    else:
        yield f"  computes {batch.describe()}"
        moving.add(definition.name)
    if follows:
        moving.add(definition.name)
    for alert in batch.alerts:
        yield f"  alert    {alert}"


def _read_new(context: RunContext, definition: Definition, *, is_final: bool) -> Batch | NothingNew:
    """The new input. With final inputs, also raises errors in the columns and types of the result;
    no row is computed. Bronze is not checked: it has the declared types."""
    batch = definition.kind.read_new(context, definition)
    if is_final and not isinstance(batch, (NothingNew, FileBatch)):
        rows = definition.kind.transform(context, definition, batch)
        definition.kind.check_schema(context, definition, batch, rows)
    return batch


def _describe_how(context: RunContext, definition: Definition) -> Iterator[str]:
    yield from _describe_inputs(context, definition)
    for column, treatment in definition.treatments.items():
        yield f"  treats   {column}: {treatment}"
    for branch in branches_of(definition):
        of_source = f" of {branch.sources[0]}" if definition.branches else ""
        if branch.query is not None:
            yield f"  transformation{of_source}"
            for line in _render(context, branch).splitlines():
                yield f"    {line}"
        elif not isinstance(branch.table, BronzeTable):
            file = branch.where.rpartition(":")[0]
            yield f"  transformation{of_source}  transform() of {file}"
    yield f"  checks   {len(definition.suite.rules)} rules"
    keys = f" on {', '.join(definition.keys)}" if definition.keys else ""
    yield f"  writes   {definition.mode.name}{keys}"


def _describe_inputs(context: RunContext, definition: Definition) -> Iterator[str]:
    progress = context.progress.progress(context.tables, definition.name)
    for name in definition.inputs:
        now = context.progress.position(context.tables, name)
        read = progress.position(name) if progress else None
        state = "not written yet" if now is None else f"version {now.version}"
        before = "nothing" if read is None else str(read.version)
        yield f"  reads    {name}, {state}, read before: {before}"


def _render(context: RunContext, definition: Definition) -> str:
    table = definition.table
    if definition.query is None:
        return ""
    if isinstance(table, SnapshotTable):
        as_of = context.run.end - timedelta(days=table.known_after_days)
        until = as_of + timedelta(days=table.horizon_days)
        return render_sql(definition.query, {"as_of": as_of, "until": until})
    return render_sql(definition.query)
