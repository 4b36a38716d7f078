"""The registry of steps, which the command line, ``run``, the Python interface and ``jobs/`` use.

A new step is a module with a function, an entry here, and a file in ``jobs/``. Importing this
module imports no step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import UsageError
from lakehouse.steps.step import Option, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakehouse.config.pipeline import Phase, Pipeline

REFRESH = "lakehouse.steps.refreshing:run"
_STEPS = Option("--steps", "only these steps of run: a,b", "names")


def _gold(pipeline: Pipeline, phase: Phase) -> list[str]:
    return [table.table for table in pipeline.gold_in_order(phase=phase)]


def _features(pipeline: Pipeline) -> list[str]:
    return [*pipeline.features, *pipeline.labels, *_gold(pipeline, "features")]


def _scores(pipeline: Pipeline) -> list[str]:
    return [*pipeline.predictions(), *_gold(pipeline, "score")]


_BUILT_IN = (
    Step(
        "ingest",
        "new files into bronze",
        REFRESH,
        tables=lambda pipeline: list(pipeline.bronze),
        in_run=True,
        check="lakehouse.steps.refreshing:check_landing",
    ),
    Step(
        "refine",
        "new bronze rows, protected and checked, into silver",
        REFRESH,
        tables=lambda pipeline: list(pipeline.silver),
        in_run=True,
    ),
    Step(
        "aggregate",
        "gold tables up to date with silver",
        REFRESH,
        tables=lambda pipeline: _gold(pipeline, "aggregate"),
        in_run=True,
    ),
    Step(
        "features",
        "features and labels of each day, point in time",
        REFRESH,
        tables=_features,
        in_run=True,
    ),
    Step(
        "train",
        "train the declared model and register it",
        "lakehouse.steps.train:run",
        options=(
            Option("--rebuild", "build the training frame of this MLflow run again", "text"),
            Option("--if-requested", "only where monitoring has asked for it", "flag"),
        ),
    ),
    Step(
        "score",
        "the champion's predictions into silver and gold",
        "lakehouse.steps.score:run",
        tables=_scores,
        in_run=True,
        check="lakehouse.steps.score:check",
    ),
    Step(
        "monitor",
        "drift of features and scores, and performance once labels are known",
        "lakehouse.steps.monitor:run",
        in_run=True,
        check="lakehouse.steps.monitor:check",
    ),
    Step(
        "report",
        "one page: runs, failures, gold tables, the model",
        "lakehouse.steps.report:run",
        in_run=True,
        needs_days=False,
    ),
    Step(
        "check",
        "check tables, or a folder of files, against their expectations",
        "lakehouse.steps.check:run",
        needs_days=False,
        options=(
            Option("--files", "check this folder of files instead of tables", "path"),
            Option("--suite", "the expectations for --files", "path"),
        ),
    ),
    Step(
        "run",
        "all steps except train and check, in one session",
        "lakehouse.steps.run:run",
        options=(_STEPS,),
    ),
    Step(
        "replay",
        "rows in quarantine through transformation and rules again",
        "lakehouse.steps.replay:run",
        tables=lambda pipeline: list(pipeline.silver),
        needs_days=False,
        shows_dry_run=True,
    ),
    Step(
        "undo",
        "take a run's commits back across all its tables, unless later runs stand on them",
        "lakehouse.steps.undo:run",
        needs_days=False,
        shows_dry_run=True,
        options=(Option("--run", "the run_id of the run to undo", "text"),),
    ),
    Step(
        "maintain",
        "expire rows, compact files, remove versions that nobody needs any more",
        "lakehouse.steps.maintain:run",
        needs_days=False,
        shows_dry_run=True,
    ),
    Step(
        "models",
        "list the versions of the model, promote one, roll back, or compare two",
        "lakehouse.steps.models:run",
        needs_days=False,
        shows_dry_run=True,
        words="list | promote VERSION | rollback | compare A B | compare --live",
        options=(
            Option("--reason", "why: recorded in ops.promotions", "text"),
            Option("--live", "compare champion and challenger on outcomes that are known", "flag"),
        ),
    ),
    Step(
        "plan",
        "what changed and what would be computed, for which days; writes nothing",
        "lakehouse.steps.plan:run",
        writes=False,
        options=(_STEPS,),
    ),
    Step(
        "preview",
        "the first rows of a table by its current declaration; writes nothing",
        "lakehouse.steps.preview:run",
        needs_days=False,
        writes=False,
        options=(Option("--rows", "number of rows; default: 20", "count", 20),),
    ),
)
STEPS: dict[str, Step] = {step.name: step for step in _BUILT_IN}
"""The steps by name, in the order in which ``run`` executes those that it includes."""


def get_step(name: str) -> Step:
    """The step of this name. Raises UsageError, with the nearest name, for an unknown one."""
    if name not in STEPS:
        raise UsageError(
            f"unknown step '{name}'{did_you_mean(name, STEPS)}", hint=f"steps: {', '.join(STEPS)}"
        )
    return STEPS[name]


def run_steps() -> list[str]:
    """The steps of ``run``, in their order."""
    return [step.name for step in STEPS.values() if step.in_run]


def check_run_steps(names: Sequence[str]) -> None:
    """Raise UsageError for a name in ``--steps`` that ``run`` does not include."""
    for name in names:
        if name not in run_steps():
            raise UsageError(
                f"run has no step '{name}'{did_you_mean(name, run_steps())}",
                where="--steps",
                hint=f"steps: {', '.join(run_steps())}",
            )


def tables_of(pipeline: Pipeline, step: str) -> list[str]:
    """The tables that the step refreshes, inputs first; all tables of the pipeline for a step
    without tables of its own, such as ``run``."""
    if STEPS[step].tables is None:
        return [*pipeline.tables(), *pipeline.predictions()]
    return step_tables(pipeline, step)


def step_tables(pipeline: Pipeline, step: str) -> list[str]:
    """The step's own tables, inputs first; none for a step such as ``run``."""
    tables = STEPS[step].tables
    return [] if tables is None else tables(pipeline)


def step_of(pipeline: Pipeline, table: str) -> str:
    """The step of ``run`` that refreshes the table. Raises UsageError where none does."""
    for step in STEPS.values():
        if step.in_run and table in step_tables(pipeline, step.name):
            return step.name
    raise UsageError(f"no step refreshes {table}", where=pipeline.name)
