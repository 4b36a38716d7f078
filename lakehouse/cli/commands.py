"""What each command does, once its options are known."""

from __future__ import annotations

import argparse
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lakehouse.cli.options import changed_settings
from lakehouse.cli.screen import Screen
from lakehouse.config.settings import load_settings
from lakehouse.layers.lake import Lake
from lakehouse.layers.refresh import Refresh, exit_code
from lakehouse.steps import check, dry_run, run
from lakehouse.steps import train as train_step
from lakehouse.steps.choosing import check_names
from lakehouse.steps.opening import new_run, open_lake
from lakehouse.storage.records import write_status


def run_command(found: argparse.Namespace) -> int:
    """Carry out a parsed command and return its exit code."""
    if found.step == "generate":
        return _generate(found)
    lake = _opened(found)
    check_names(lake.pipeline, found.tables)
    if found.dry_run:
        for text in dry_run.run(lake, found.tables):
            print(text)
        return 0
    screen = Screen()
    try:
        code, outcomes = _step(lake, found, screen)
    except Exception as problem:
        _status(lake, getattr(problem, "exit_code", 3), [])
        raise
    screen.end(outcomes)
    if found.debug:
        _whole_errors(outcomes)
    _status(lake, code, outcomes)
    return code


def _opened(found: argparse.Namespace) -> Lake:
    return open_lake(
        pipeline=found.pipeline,
        env=found.env,
        conf_dir=found.conf_dir,
        changes=changed_settings(found),
        run=new_run(found.step, found.start, found.end, full_refresh=found.full_refresh),
    )


def _step(lake: Lake, found: argparse.Namespace, screen: Screen) -> tuple[int, list[Refresh]]:
    if found.step == "train":
        screen.trained(train_step.run(lake, screen))
        return 0, []
    if found.step == "check":
        if found.files:
            check.files(lake, found.files, found.suite, screen)
        else:
            check.tables(lake, found.tables, screen)
        return 0, []
    if found.step == "run":
        outcomes = run.run(lake, found.tables, screen, found.steps or run.STEPS)
    else:
        outcomes = run.REFRESHING[found.step](lake, found.tables, screen)
    return exit_code(outcomes), outcomes


def _generate(found: argparse.Namespace) -> int:
    from lakehouse.demo.generator import generate

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


def _status(lake: Lake, code: int, outcomes: Sequence[Refresh]) -> None:
    """Leave the exit code in the warehouse; not for code 2, after which nothing is written."""
    if code == 2:
        return
    tables: list[dict[str, Any]] = [
        {"table": one.table, "status": one.status, "message": one.message} for one in outcomes
    ]
    status = {
        "run_id": lake.run.run_id,
        "pipeline": lake.pipeline.name,
        "step": lake.run.step,
        "start": lake.run.start,
        "end": lake.run.end,
        "exit_code": code,
        "tables": tables,
    }
    write_status(lake.tables, lake.run.run_id, status)


def _whole_errors(outcomes: Sequence[Refresh]) -> None:
    for outcome in outcomes:
        if outcome.error is not None:
            traceback.print_exception(outcome.error)
