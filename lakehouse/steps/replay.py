"""Replay: the rows in quarantine go through transformation and rules again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from lakehouse.errors import UsageError
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.kinds.replay import Replay, quarantined_days
from lakehouse.refresh.outcome import RefreshOutcome
from lakehouse.refresh.quarantine_table import table_of
from lakehouse.steps.progress import Progress
from lakehouse.steps.refreshing import compile_steps
from lakehouse.steps.running import flush, prepare, refresh_tables, waves
from lakehouse.steps.step import Request, Result


def run(context: RunContext, request: Request, progress: Progress) -> Result:
    """Replay the selected silver tables, lookups first; each as of the days in its quarantine.

    Gold follows with the next ``aggregate``. Raises UsageError with ``--full-refresh``.
    """
    if context.run.full_refresh:
        raise UsageError(
            "a replay never rebuilds a table",
            where="--full-refresh",
            hint="leave it out, or build the table anew with refine --full-refresh",
        )
    outcomes: list[RefreshOutcome] = []
    definitions = compile_steps(context, ["refine"], request.tables)
    for definition in (definition for wave in waves(definitions) for definition in wave):
        days = quarantined_days(context, definition.name)
        own = _of_days(context, definition.name, days)
        if request.dry_run:
            rows = context.tables.read(table_of(definition.name)).count() if days else 0
            progress.note(f"{definition.name}: {rows:,} rows in quarantine, of {len(days)} days")
            continue
        if not days:
            progress.note(f"{definition.name}: no rows in quarantine")
            continue
        try:
            prepare(own, [definition])
            outcomes += refresh_tables(
                own, {definition.name: replace(definition, kind=Replay())}, progress
            )
        finally:
            flush(own)
    if any(outcome.rows_written for outcome in outcomes):
        progress.note(f"gold follows with the next {context.command('aggregate', days='')}")
    return Result(outcomes)


def _of_days(context: RunContext, table: str, days: Sequence[date]) -> RunContext:
    """The context of a replay of ``days``, up to the last day that the table has read."""
    progress = context.progress.progress(context.tables, table)
    if not days or progress is None:
        return context
    end = max(days[-1], progress.watermark or days[-1])
    return replace(context, run=replace(context.run, start=days[0], end=end))
