"""The lakehouse in Python and in notebooks: ``lakehouse.open("retail").read("gold.orders")``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lakehouse.config.selection import check_step_tables
from lakehouse.errors import UsageError
from lakehouse.ml.training_frame import training_frame
from lakehouse.refresh.as_of import read_as_of
from lakehouse.refresh.context import RunContext
from lakehouse.steps import run, train
from lakehouse.steps.opening import new_run, open_context
from lakehouse.steps.progress import Progress, Quiet

Day = date | str


class Lakehouse:
    """One pipeline in one environment."""

    def __init__(self, context: RunContext) -> None:
        self.context = context

    @property
    def spark(self) -> SparkSession:
        """The session that reads and writes."""
        return self.context.spark

    def read(self, table: str, *, as_of: Day | None = None) -> DataFrame:
        """A table as it is now; with ``as_of`` only what was known on that day.

        Raises UsageError for a table that is not declared, not there yet, or keeps no past.
        """
        system = table.startswith(("ops.", "quarantine."))
        if not system:
            check_step_tables(self.context.pipeline, "run", [table])
        if not self.context.tables.exists(table):
            raise UsageError("there is no such table yet", where=table, hint="run the steps first")
        if as_of is None:
            return self.context.tables.read(table)
        return read_as_of(self.context, table, _day(as_of))

    def training_frame(self, model: str | None = None, *, date: Day | None = None) -> DataFrame:
        """What ``train`` learns from: features as known, with the label, per entity and day."""
        declared = train.declared_model(self.context)
        if model is not None and model != declared.model:
            raise UsageError(f"there is no model '{model}'", hint=f"there is '{declared.model}'")
        end = _day(date) if date is not None else _FAR
        context = self.context.for_run(new_run("train", end, end))
        return training_frame(context, declared).frame

    def run(
        self,
        step: str,
        *,
        date: Day | None = None,
        start: Day | None = None,
        end: Day | None = None,
        tables: Sequence[str] | None = None,
        steps: Sequence[str] | None = None,
        full_refresh: bool = False,
        accept_change: bool = False,
        drop_orphans: bool = False,
        progress: Progress | None = None,
    ) -> Any:
        """Run a step for a day or a range; the outcome of each table (``list[RefreshOutcome]``),
        or of ``train`` what was trained (``Trained``)."""
        first, last = start or date, end or date
        if first is None or last is None:
            raise UsageError("which business day?", hint="date=…, or start=… and end=…")
        call = new_run(
            step,
            _day(first),
            _day(last),
            full_refresh=full_refresh,
            accept_change=accept_change,
            drop_orphans=drop_orphans,
        )
        context = self.context.for_run(call)
        check_step_tables(context.pipeline, step, tables)
        if step == "train":
            return train.run(context, progress)
        if step not in (*run.STEPS, "run"):
            raise UsageError(f"there is no step '{step}'", hint=f"steps: {', '.join(run.STEPS)}")
        chosen = (steps or run.STEPS) if step == "run" else [step]
        return run.run(context, tables, progress or Quiet(), chosen)


_FAR = date(9999, 1, 1)


def open_lakehouse(
    pipeline: str = "retail",
    env: str = "dev",
    *,
    conf_dir: str | Path = "conf",
    spark: SparkSession | None = None,
    **settings: str,
) -> Lakehouse:
    """Open a pipeline; ``settings`` are those of ``--set``, such as ``warehouse="…"``.

    Raises UsageError for an unknown pipeline, environment or setting, DeclarationError for a
    mistake in the files.
    """
    context = open_context(
        pipeline=pipeline,
        env=env,
        conf_dir=Path(conf_dir),
        changes=settings,
        run=new_run("read", _FAR, _FAR),
        spark=spark,
    )
    return Lakehouse(context)


def _day(day: Day) -> date:
    try:
        return day if isinstance(day, date) else date.fromisoformat(day)
    except ValueError:
        raise UsageError(f"'{day}' is no date; write YYYY-MM-DD") from None
