"""Run a command whose options are parsed."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lakehouse.cli.console import Console
from lakehouse.cli.logs import configure_logging
from lakehouse.cli.options import changed_settings
from lakehouse.config.settings import Settings, load_settings
from lakehouse.errors import UsageError
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.outcome import RefreshOutcome, exit_code
from lakehouse.steps.execute import execute
from lakehouse.steps.opening import new_run, open_context
from lakehouse.steps.step import Request, Step
from lakehouse.storage.records import write_status


def run_step(step: Step, params: Mapping[str, Any]) -> int:
    """Run a step and return its exit code; a step that writes also leaves a status file."""
    settings = _settings(params)
    configure_logging(params["log_level"], params["log_format"] or settings.log_format)
    context = _open(step, params)
    console = Console.of()
    writes = step.writes and not params["dry_run"]
    try:
        result = execute(
            context,
            step.name,
            Request(
                steps=tuple(params.get("steps") or ()),
                options={key: params[key] for key in option_keys(step)},
            ),
            console,
            selection=None if params["tables"] is None else [params["tables"]],
            dry_run=params["dry_run"],
        )
    except Exception as problem:
        console.step_done()
        if writes:
            _write_status(context, getattr(problem, "exit_code", 3), [])
        raise
    code = exit_code(result.outcomes)
    console.end(result.outcomes)
    if params["debug"]:
        _print_errors(result.outcomes)
    if writes:
        _write_status(context, code, result.outcomes)
    return code


def option_keys(step: Step) -> list[str]:
    """The keys of ``Request.options`` of the step."""
    return [*(option.key for option in step.options), *(["words"] if step.words else [])]


def generate(params: Mapping[str, Any]) -> int:
    """Generate the data of the retail pipeline in its landing folder."""
    try:
        from lakehouse.demo.generator import generate as generate_retail
    except ModuleNotFoundError as missing:
        raise UsageError(
            "the generator of retail is not part of the wheel",
            where="lakehouse generate",
            hint="run it, or make demo, in a clone of the project's repository",
        ) from missing

    settings = _settings(params)
    customers, days = params["customers"], params["days"]
    manifest = generate_retail(
        Path(settings.landing),
        customers=customers,
        days=days,
        start=params["first_day"],
        seed=params["seed"],
    )
    print(f"{customers:,} customers, {days} days, {len(manifest.faults):,} planted faults")
    print(f"  {settings.landing}")
    return 0


def _settings(params: Mapping[str, Any]) -> Settings:
    return load_settings(
        params["conf_dir"],
        pipeline=params["pipeline"],
        env=params["env"],
        changes=changed_settings(params),
    )


def _open(step: Step, params: Mapping[str, Any]) -> RunContext:
    return open_context(
        pipeline=params["pipeline"],
        env=params["env"],
        conf_dir=params["conf_dir"],
        changes=changed_settings(params),
        run=new_run(
            step.name,
            params["start"],
            params["end"],
            full_refresh=params["full_refresh"],
            accept_change=params["accept_change"],
            drop_orphans=params["drop_orphans"],
        ),
    )


def _write_status(context: RunContext, code: int, outcomes: Sequence[RefreshOutcome]) -> None:
    """Write the exit code to the warehouse, unless a usage error stopped the run at the start."""
    if code == 2 and not outcomes:
        return
    tables: list[dict[str, Any]] = [
        {"table": outcome.table, "status": outcome.status, "message": outcome.message}
        for outcome in outcomes
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


def _print_errors(outcomes: Sequence[RefreshOutcome]) -> None:
    for outcome in outcomes:
        if outcome.error is not None:
            traceback.print_exception(outcome.error)
