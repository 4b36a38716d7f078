"""Execute a step by name: select its tables, then run it, or show a dry run."""

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
    get_step,
    run_steps,
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
    """Execute the step ``name`` on the tables of ``selection``; None selects all.

    Notes that there is nothing to do where ``state:changed`` selects none of the step's tables.
    Raises UsageError for an unknown step or table, and where only other steps' tables are named.
    """
    step = get_step(name)
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
    if dry_run and not step.shows_dry_run:
        return STEPS["plan"].run(context, replace(request, steps=steps, options=HOW), progress)
    if step.in_run:
        return STEPS["run"].run(context, replace(request, steps=steps), progress)
    return step.run(context, replace(request, dry_run=dry_run), progress)


HOW = {"how": True}
"""The option of ``plan`` that makes it a dry run: also show SQL, treatments and write."""


def select_tables(
    pipeline: Pipeline,
    name: str,
    steps: Sequence[str],
    selectors: Sequence[Selector],
    changed: Callable[[], Collection[str]],
) -> list[str]:
    """The selected tables that the step refreshes; for ``run`` and ``plan``, those of ``steps``.

    ``changed`` returns the tables of ``state:changed``; only with that selector may the result be
    empty. Otherwise raises UsageError.
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
    """The tables that are new, or whose definition differs from the one in the newest commit.

    Raises all mistakes in the declarations, since an invalid definition cannot be compared.
    """
    changed: set[str] = set()
    for name, definition in compile_steps(context, run_steps()).items():
        progress = context.progress.progress(context.tables, name)
        if progress is None or changes_of(progress.definition, definition):
            changed.add(name)
    return changed
