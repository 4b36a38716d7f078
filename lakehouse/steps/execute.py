"""Carry out a step by its name: select its tables, then run it, or say what it would do."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from lakehouse.config.pipeline import Pipeline
from lakehouse.config.selection import CHANGED, Selector, parse_selectors, select
from lakehouse.errors import UsageError
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition_changes import changes_of
from lakehouse.steps.progress import Progress
from lakehouse.steps.refreshing import compile_steps
from lakehouse.steps.registry import (
    STEPS,
    check_run_steps,
    run_steps,
    step_named,
    step_of,
    step_tables,
    tables_of,
)
from lakehouse.steps.step import Request, Result

logger = logging.getLogger(__name__)


def execute(
    context: RunContext,
    name: str,
    request: Request,
    progress: Progress,
    *,
    selection: Sequence[str] | None = None,
    dry_run: bool = False,
) -> Result:
    """Carry out the step ``name`` on the tables of ``selection``, all for None.

    Does nothing, and says so, where ``state:changed`` selects none of the step's tables. Raises
    UsageError for an unknown step or table, and for tables of other steps alone.
    """
    step = step_named(name)
    check_run_steps(request.steps)
    days = context.run.days_option() if step.needs_days else ""
    logger.info("run %s: %s %s", context.run.run_id, name, days)
    steps = [name] if step.in_run else list(request.steps) or run_steps()
    if selection is not None:
        selectors = parse_selectors(selection)
        tables = select_tables(
            context.pipeline, name, steps, selectors, lambda: changed_tables(context)
        )
        if not tables:
            progress.note(f"nothing to do: {','.join(selection)} selects no table of '{name}'")
            return Result()
        logger.info("%s: %s", name, ", ".join(tables))
        request = replace(request, tables=tables)
    if dry_run:
        return STEPS["plan"].run(context, replace(request, steps=steps, options=HOW), progress)
    if step.in_run:
        return STEPS["run"].run(context, replace(request, steps=steps), progress)
    return step.run(context, request, progress)


HOW = {"how": True}
"""What a dry run asks of ``plan``: the SQL, the treatments and the write, besides."""


def select_tables(
    pipeline: Pipeline,
    name: str,
    steps: Sequence[str],
    selectors: Sequence[Selector],
    changed: Callable[[], Collection[str]],
) -> list[str]:
    """The selected tables that the step refreshes; of ``run`` and ``plan`` those of ``steps``.

    Empty only where ``state:changed``, the tables of ``changed``, is among the selectors.
    """
    selected = select(pipeline, selectors, changed)
    offered = tables_of(pipeline, name)
    if name in ("run", "plan"):
        offered = [table for step in steps for table in step_tables(pipeline, step)]
    tables = [table for table in selected if table in offered]
    if tables or any(selector.name == CHANGED for selector in selectors):
        return tables
    message = "no table is named"
    if selectors:
        table = selectors[0].name
        message = f"{table} is not refreshed by '{name}' but by '{step_of(pipeline, table)}'"
    raise UsageError(
        message, where="--tables", hint=f"tables of {name}: {', '.join(sorted(offered)) or 'none'}"
    )


def changed_tables(context: RunContext) -> Collection[str]:
    """The declared tables that are new, or whose definition is not the one in the newest commit.

    Raises every mistake in the declarations, since a table with one cannot be compared.
    """
    changed: set[str] = set()
    for name, definition in compile_steps(context, run_steps()).items():
        progress = context.progress.progress(context.tables, name)
        if progress is None or changes_of(progress.definition, definition):
            changed.add(name)
    return changed
