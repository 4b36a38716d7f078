"""The Python interface, for notebooks and scripts: ``lakehouse.open("retail").read(table)``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lakehouse.config.selection import check_name
from lakehouse.contents import Contents
from lakehouse.errors import UsageError
from lakehouse.ml.training_frame import training_frame
from lakehouse.refresh.as_of import read_as_of
from lakehouse.steps.declared_model import declared_model
from lakehouse.steps.execute import execute
from lakehouse.steps.opening import new_run, open_context
from lakehouse.steps.progress import Progress, Quiet
from lakehouse.steps.registry import get_step
from lakehouse.steps.step import Request

Day = date | str


class Lakehouse(Contents):
    """One pipeline in one environment: read its tables, run its steps."""

    @property
    def spark(self) -> SparkSession:
        """The Spark session."""
        return self.context.spark

    def read(
        self, table: str, *, as_of: Day | None = None, known_by: Day | None = None
    ) -> DataFrame:
        """The table's current rows; with a day, its rows as of that day.

        ``as_of`` is the day on which the rows held, ``known_by`` the day on which they were known;
        each is the other where only one is given. An ``scd2`` table has one row per key then; rows
        of an ``append`` table hold for ever, so that ``known_by`` alone bounds them. Days are dates
        or ``YYYY-MM-DD``. Raises UsageError for a table that is not declared or not written yet,
        and with a day for a table that keeps no past.
        """
        system = table.startswith(("ops.", "quarantine."))
        if not system:
            check_name(self.context.pipeline, table)
        if not self.context.tables.exists(table):
            raise UsageError(
                "the table has not been written yet", where=table, hint="run the steps first"
            )
        on, known = as_of or known_by, known_by or as_of
        if on is None or known is None:
            return self.context.tables.read(table)
        # A fresh context: an earlier read or run may have cached an older state of the table.
        context = self.context.for_run(self.context.run)
        return read_as_of(context, table, _day(on), _day(known))

    def training_frame(self, model: str | None = None, *, date: Day | None = None) -> DataFrame:
        """The frame that ``train`` uses: one row per entity and ``as_of``, features and label.

        ``date`` excludes labels that were not known on that day. Where the model declares
        ``training.max_rows`` and has more training rows, they are sampled, with ``_weight``.
        """
        declared = declared_model(self.context)
        if model is not None and model != declared.model:
            raise UsageError(f"unknown model '{model}'", hint=f"the model is '{declared.model}'")
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
        tables: Sequence[str] | str | None = None,
        steps: Sequence[str] | None = None,
        full_refresh: bool = False,
        accept_change: bool = False,
        drop_orphans: bool = False,
        dry_run: bool = False,
        progress: Progress | None = None,
        **options: Any,
    ) -> Any:
        """Run a step for a day or a range of days.

        Returns the outcome of each table (``list[RefreshOutcome]``); for ``train``, ``Trained``.

        ``tables`` selects as ``--tables`` does: ``"+silver.orders"``, ``["state:changed+"]``.
        ``options`` are options of the step, such as ``rows`` of ``preview``.
        """
        declared = get_step(step)
        first, last = start or date, end or date
        if (first is None or last is None) and declared.needs_days:
            raise UsageError("missing date (or start and end)", where=f"run('{step}')")
        context = self.context.for_run(
            new_run(
                step,
                _day(first or _FAR),
                _day(last or _FAR),
                full_refresh=full_refresh,
                accept_change=accept_change,
                drop_orphans=drop_orphans,
            )
        )
        defaults = {option.key: option.default for option in declared.options}
        result = execute(
            context,
            step,
            Request(steps=tuple(steps or ()), options=defaults | options),
            progress or Quiet(),
            selection=[tables] if isinstance(tables, str) else tables,
            dry_run=dry_run,
        )
        return list(result.outcomes) if result.value is None else result.value


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

    Raises UsageError for an unknown pipeline, environment or setting, DeclarationError for
    mistakes in the declarations.
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
        raise UsageError(f"invalid date '{day}'; write YYYY-MM-DD") from None
