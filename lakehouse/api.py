"""The lakehouse in Python and in notebooks: ``lakehouse.open("retail").read("gold.orders")``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lakehouse.errors import UsageError
from lakehouse.features.as_known import known_table
from lakehouse.features.training import training_frame
from lakehouse.layers.lake import Lake
from lakehouse.steps import run, train
from lakehouse.steps.choosing import check_names
from lakehouse.steps.opening import new_run, open_lake
from lakehouse.steps.progress import Progress, Quiet

Day = date | str


class Lakehouse:
    """One pipeline in one environment."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    @property
    def spark(self) -> SparkSession:
        """The session that reads and writes."""
        return self.lake.spark

    def read(self, table: str, *, as_of: Day | None = None) -> DataFrame:
        """A table as it is now; with ``as_of`` only what was known on that day.

        Raises UsageError for a table that is not declared, not there yet, or keeps no past.
        """
        system = table.startswith(("ops.", "quarantine."))
        if not system:
            check_names(self.lake.pipeline, [table])
        if not self.lake.tables.exists(table):
            raise UsageError("there is no such table yet", where=table, hint="run the steps first")
        if as_of is None:
            return self.lake.tables.read(table)
        return known_table(self.lake, table, _day(as_of))

    def training_frame(self, model: str | None = None, *, date: Day | None = None) -> DataFrame:
        """What ``train`` learns from: features as known, with the label, per entity and day."""
        declared = train.declared_model(self.lake)
        if model is not None and model != declared.model:
            raise UsageError(f"there is no model '{model}'", hint=f"there is '{declared.model}'")
        end = _day(date) if date is not None else _FAR
        lake = replace(self.lake, run=new_run("train", end, end))
        return training_frame(lake, declared).frame

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
        progress: Progress | None = None,
    ) -> Any:
        """Run a step for a day or a range; the outcome of each table (``list[Refresh]``), or of
        ``train`` what was trained (``Trained``)."""
        first, last = start or date, end or date
        if first is None or last is None:
            raise UsageError("which business day?", hint="date=…, or start=… and end=…")
        call = new_run(step, _day(first), _day(last), full_refresh=full_refresh)
        lake = replace(self.lake, run=call)
        check_names(lake.pipeline, tables)
        if step == "run":
            return run.run(lake, tables, progress or Quiet(), steps or run.STEPS)
        if step == "train":
            return train.run(lake, progress)
        if step not in run.REFRESHING:
            raise UsageError(f"there is no step '{step}'", hint=f"steps: {', '.join(run.STEPS)}")
        return run.REFRESHING[step](lake, tables, progress)


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
    lake = open_lake(
        pipeline=pipeline,
        env=env,
        conf_dir=Path(conf_dir),
        changes=settings,
        run=new_run("read", _FAR, _FAR),
        spark=spark,
    )
    return Lakehouse(lake)


def _day(day: Day) -> date:
    try:
        return day if isinstance(day, date) else date.fromisoformat(day)
    except ValueError:
        raise UsageError(f"'{day}' is no date; write YYYY-MM-DD") from None
