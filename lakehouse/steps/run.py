"""Run: every step but ``train`` and ``check``, in one session."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lakehouse.errors import GateFailed, RunFailed
from lakehouse.layers.lake import Lake
from lakehouse.layers.refresh import Refresh
from lakehouse.steps import aggregate, features, ingest, refine, report, score
from lakehouse.steps.progress import Progress

Step = Callable[[Lake, Sequence[str] | None, Progress | None], list[Refresh]]
REFRESHING: dict[str, Step] = {
    "ingest": ingest.run,
    "refine": refine.run,
    "aggregate": aggregate.run,
    "features": features.run,
    "score": score.run,
    "report": report.run,
}
"""The steps that refresh tables for the days of a run, in their order."""
STEPS = tuple(REFRESHING)

_CHECKS: dict[str, Callable[[Lake], None]] = {
    "ingest": ingest.check,
    "refine": refine.check,
    "aggregate": aggregate.check,
    "features": features.check,
}


def check(lake: Lake, steps: Sequence[str]) -> None:
    """Raise what any of the steps refuses, before the first one writes."""
    for step in steps:
        if step in _CHECKS:
            _CHECKS[step](lake)


def run(
    lake: Lake,
    tables: Sequence[str] | None,
    progress: Progress,
    steps: Sequence[str] = STEPS,
) -> list[Refresh]:
    """The steps in their order. After a failed gate or run only the report is made.

    A file that could not be read stops nothing: the others were loaded.
    """
    check(lake, steps)
    outcomes: list[Refresh] = []
    for step in (name for name in STEPS if name in steps):
        if step == "report" or not _broken(outcomes):
            outcomes += _step(lake.for_step(step), tables, progress)
    return outcomes


def _broken(outcomes: Sequence[Refresh]) -> bool:
    return any(isinstance(outcome.error, GateFailed | RunFailed) for outcome in outcomes)


def _step(lake: Lake, tables: Sequence[str] | None, progress: Progress) -> list[Refresh]:
    if lake.run.step == "score" and lake.pipeline.model is None:
        return []
    return REFRESHING[lake.run.step](lake, tables, progress)
