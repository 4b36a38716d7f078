"""Run: every step but ``train`` and ``check``, in one session."""

from __future__ import annotations

from dataclasses import replace

from lakehouse.refresh.context import RunContext
from lakehouse.refresh.outcome import RefreshOutcome
from lakehouse.steps.progress import Progress
from lakehouse.steps.refreshing import compile_steps, definitions_of_step
from lakehouse.steps.registry import STEPS, run_steps
from lakehouse.steps.running import flush, prepare
from lakehouse.steps.step import Request, Result


def run(context: RunContext, request: Request, progress: Progress) -> Result:
    """Run the steps of the request, by default all, in the order of the registry.

    The checks of all steps run before the first write. A failed table blocks only the tables that
    read it, in this step and in later ones.
    """
    chosen = [STEPS[name] for name in run_steps() if name in (request.steps or run_steps())]
    request = replace(request, steps=[step.name for step in chosen])
    definitions = compile_steps(context, request.steps, request.tables)
    request = replace(request, definitions=definitions)
    for step in chosen:
        step.refuse(context, request)
    of_steps = [definitions_of_step(context, request, step.name) for step in chosen]
    prepare(context, [definition for of_step in of_steps for definition in of_step.values()])
    outcomes: list[RefreshOutcome] = []
    try:
        for step in chosen:
            if step.tables is None:  # It may read ops.runs, such as the report.
                flush(context)
            outcomes += step.run(context.for_step(step.name), request, progress).outcomes
    finally:
        flush(context)
    return Result(outcomes)
