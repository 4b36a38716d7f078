"""Which tables a step refreshes, and what ``--tables`` may name for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lakehouse.config.pipeline import Pipeline
from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import UsageError


def tables_of_step(pipeline: Pipeline, step: str) -> list[str]:
    """The tables that ``step`` refreshes, inputs first where they read each other.

    Every table of the pipeline for a step that belongs to no layer, such as ``run``.
    """
    gold = {
        phase: [table.table for table in pipeline.gold_in_order(phase=phase)]
        for phase in ("aggregate", "features", "score")
    }
    of_step: dict[str, list[str]] = {
        "ingest": list(pipeline.bronze),
        "refine": list(pipeline.silver),
        "aggregate": gold["aggregate"],
        "features": [*pipeline.features, *pipeline.labels, *gold["features"]],
        "score": [*pipeline.predictions(), *gold["score"]],
    }
    return of_step.get(step, [*pipeline.tables(), *pipeline.predictions()])


STEPS = ("ingest", "refine", "aggregate", "features", "score")


def check_step_tables(pipeline: Pipeline, step: str, names: Collection[str] | None) -> None:
    """Raise UsageError for names in ``--tables`` of which ``step`` refreshes none.

    A name that is no table at all is told with the nearest one, a table of another step with that
    step. ``names`` None means all tables.
    """
    known = [*pipeline.tables(), *pipeline.predictions()]
    mine = tables_of_step(pipeline, step)
    for name in names or ():
        if name not in known:
            raise UsageError(
                f"{name} is no table of '{pipeline.name}'{did_you_mean(name, known)}",
                where="--tables",
                hint=f"tables: {', '.join(sorted(known))}",
            )
        if not any(other in mine for other in names or ()):
            raise UsageError(
                f"{name} is not refreshed by '{step}' but by '{_step_of(pipeline, name)}'",
                where="--tables",
                hint=f"tables of {step}: {', '.join(sorted(mine)) or 'none'}",
            )


def _step_of(pipeline: Pipeline, name: str) -> str:
    steps: Sequence[str] = [step for step in STEPS if name in tables_of_step(pipeline, step)]
    return steps[0]
