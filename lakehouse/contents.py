"""The contents of a pipeline, for notebooks: tables, declarations, treatments, figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse.config.declarations import Table
from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import UsageError
from lakehouse.ml.run_summary import RunSummary
from lakehouse.privacy.policy import treatments
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.quarantine_table import table_of
from lakehouse.reporting.page import FILE
from lakehouse.reporting.parts import Part
from lakehouse.steps import report

if TYPE_CHECKING:
    import pandas as pd


class Contents:
    """The contents of one pipeline in one environment; see ``lakehouse.open``."""

    def __init__(self, context: RunContext) -> None:
        self.context = context

    @property
    def name(self) -> str:
        """The pipeline's name."""
        return self.context.pipeline.name

    @property
    def description(self) -> str:
        """The pipeline's description in ``pipeline.yml``."""
        return self.context.pipeline.info.description

    @property
    def model(self) -> ModelDecl | None:
        """The declaration in ``model.yml``: entity, label, features, scores; None without one."""
        return self.context.pipeline.model

    @property
    def report_file(self) -> Path:
        """The file that ``run("report")`` writes."""
        return Path(self.context.settings.reports) / FILE

    def tables(self, schema: str | None = None) -> list[str]:
        """The tables that have been written, of one schema or of all."""
        pipeline = self.context.pipeline
        declared = [*pipeline.tables(), *pipeline.predictions()]
        names = [*declared, *map(table_of, declared)]
        chosen = [name for name in names if schema in (None, name.partition(".")[0])]
        return [name for name in chosen if self.context.tables.exists(name)]

    def declaration(self, table: str) -> Table:
        """The declaration of a table: ``source``, ``write``, ``keys``, ``description`` and so on.

        Raises UsageError for a table that is not declared.
        """
        declared = self.context.pipeline.tables()
        if table in declared:
            return declared[table]
        raise UsageError(f"'{table}' is not declared{did_you_mean(table, [*declared])}")

    def treatments(self) -> pd.DataFrame:
        """The privacy treatments. Grain: one row per bronze column and protected column of it.

        Columns of kind ``none`` are omitted. ``becomes`` is the protected column, NULL where the
        column is dropped or stays in bronze.
        """
        import pandas as pd

        rows = [
            (table.table, *treatment)
            for table in self.context.pipeline.bronze.values()
            for treatment in treatments(table.columns, self.context.policy)
            if treatment[1] != "none"
        ]
        return pd.DataFrame(rows, columns=["table", "column", "kind", "treatment", "becomes"])

    def champion(self) -> RunSummary | None:
        """The champion's metrics, candidates and data in MLflow; None without a champion."""
        return report.summarize_champion(self.context)

    def figure(self, name: str) -> Part:
        """The report's figures of a gold table, or a section of the report, for a notebook cell.

        The sections are ``runs``, ``quarantine``, ``gold``, ``model`` and ``scores``. The
        text form describes the figures. Raises UsageError where the report has no such figures.
        """
        return report.part(self.context, name)

    def model_card(self) -> Part:
        """The report's section on the champion: candidates, lead, calibration, importance."""
        return self.figure("model")
