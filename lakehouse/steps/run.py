"""Run: every step but ``train`` and ``check``, in one session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.outcome import RefreshOutcome
from lakehouse.steps import refreshing, report, score
from lakehouse.steps.progress import Progress
from lakehouse.steps.running import flush, prepare, refresh_tables
from lakehouse.steps.train import declared_model

STEPS = (*refreshing.STEPS, "score", "report")
"""The steps of a run, in their order."""


def run(
    context: RunContext,
    names: Sequence[str] | None,
    progress: Progress,
    steps: Sequence[str] = STEPS,
) -> list[RefreshOutcome]:
    """The ``steps`` in their order. Everything that they refuse is refused before the first write.

    A table that fails stops those that read it, in this step and the later ones, and no other.
    """
    if list(steps) == ["score"]:
        declared_model(context)
    definitions = refreshing.compile_steps(context, steps, names)
    chosen = {
        step: refreshing.definitions_of_step(context, definitions, step, names)
        for step in STEPS
        if step in steps
    }
    if "ingest" in steps:
        refreshing.check_landing(context, names)
    prepare(context, [one for of_step in chosen.values() for one in of_step.values()])
    outcomes: list[RefreshOutcome] = []
    try:
        for step, of_step in chosen.items():
            outcomes += _step(context.for_step(step), definitions, of_step, names, progress)
    finally:
        flush(context)
    return outcomes


def _step(
    context: RunContext,
    definitions: Mapping[str, Definition],
    of_step: Mapping[str, Definition],
    names: Sequence[str] | None,
    progress: Progress,
) -> list[RefreshOutcome]:
    if context.run.step == "report":
        flush(context)
        return report.run(context, progress)
    if context.run.step != "score":
        return refresh_tables(context, of_step, progress)
    if context.pipeline.model is None:
        return refresh_tables(context, of_step, progress) if of_step else []
    return score.run(context, definitions, names, progress)
