"""What each command does, once its options are known."""

from __future__ import annotations

import argparse
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lakehouse.cli.options import changed_settings
from lakehouse.cli.screen import Screen
from lakehouse.config.selection import check_step_tables
from lakehouse.config.settings import load_settings
from lakehouse.errors import UsageError
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.outcome import RefreshOutcome, exit_code
from lakehouse.steps import check, plan, preview, run
from lakehouse.steps import train as train_step
from lakehouse.steps.opening import new_run, open_context
from lakehouse.storage.records import write_status


def run_command(found: argparse.Namespace) -> int:
    """Carry out a parsed command and return its exit code."""
    if found.step == "generate":
        return _generate(found)
    context = _opened(found)
    check_step_tables(context.pipeline, found.step, found.tables)
    if found.step == "plan" or found.dry_run:
        steps = [found.step] if found.step in run.STEPS else (found.steps or run.STEPS)
        for text in plan.run(context, found.tables, steps, how=found.dry_run):
            print(text)
        return 0
    if found.step == "preview":
        for name, lines in preview.run(context, found.tables, rows=found.rows):
            print(name, *lines, sep="\n")
        return 0
    return _run_step(context, found)


def _run_step(context: RunContext, found: argparse.Namespace) -> int:
    screen = Screen()
    try:
        code, outcomes = _step(context, found, screen)
    except Exception as problem:
        _status(context, getattr(problem, "exit_code", 3), [])
        raise
    screen.end(outcomes)
    if found.debug:
        _whole_errors(outcomes)
    _status(context, code, outcomes)
    return code


def _opened(found: argparse.Namespace) -> RunContext:
    return open_context(
        pipeline=found.pipeline,
        env=found.env,
        conf_dir=found.conf_dir,
        changes=changed_settings(found),
        run=new_run(
            found.step,
            found.start,
            found.end,
            full_refresh=found.full_refresh,
            accept_change=found.accept_change,
            drop_orphans=found.drop_orphans,
        ),
    )


def _step(
    context: RunContext, found: argparse.Namespace, screen: Screen
) -> tuple[int, list[RefreshOutcome]]:
    if found.step == "train":
        screen.trained(train_step.run(context, screen))
        return 0, []
    if found.step == "check":
        if found.files:
            check.files(context, found.files, found.suite, screen)
        else:
            check.tables(context, found.tables, screen)
        return 0, []
    steps = (found.steps or run.STEPS) if found.step == "run" else [found.step]
    outcomes = run.run(context, found.tables, screen, steps)
    return exit_code(outcomes), outcomes


def _generate(found: argparse.Namespace) -> int:
    try:
        from lakehouse.demo.generator import generate
    except ModuleNotFoundError as absent:
        raise UsageError(
            "the generator of retail is not part of the wheel",
            where="lakehouse generate",
            hint="run it, or make demo, in a clone of the project's repository",
        ) from absent

    settings = load_settings(
        found.conf_dir, pipeline=found.pipeline, env=found.env, changes=changed_settings(found)
    )
    manifest = generate(
        Path(settings.landing),
        customers=found.customers,
        days=found.days,
        start=found.first_day,
        seed=found.seed,
    )
    print(
        f"{found.customers:,} customers, {found.days} days, {len(manifest.faults):,} planted faults"
    )
    print(f"  {settings.landing}")
    return 0


def _status(context: RunContext, code: int, outcomes: Sequence[RefreshOutcome]) -> None:
    """Leave the exit code in the warehouse; not where a mistake kept everything from starting."""
    if code == 2 and not outcomes:
        return
    tables: list[dict[str, Any]] = [
        {"table": one.table, "status": one.status, "message": one.message} for one in outcomes
    ]
    status = {
        "run_id": context.run.run_id,
        "pipeline": context.pipeline.name,
        "step": context.run.step,
        "start": context.run.start,
        "end": context.run.end,
        "exit_code": code,
        "tables": tables,
    }
    write_status(context.tables, context.run.run_id, status)


def _whole_errors(outcomes: Sequence[RefreshOutcome]) -> None:
    for outcome in outcomes:
        if outcome.error is not None:
            traceback.print_exception(outcome.error)
