"""What a person sees while steps run: the console, told by the steps."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from lakehouse.layers.refresh import Refresh
from lakehouse.ml.train import Trained
from lakehouse.reporting.terminal import Console, TableLine


class Screen:
    """Passes on to a console what the steps tell. Safe to call from several threads."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console.of(sys.stdout)

    def step(self, name: str, tables: int) -> None:
        """A step starts with so many tables."""
        self.console.step(name, tables)

    def started(self, table: str) -> None:
        """A table's refresh starts."""
        self.console.table_started(table)

    def done(self, refresh: Refresh) -> None:
        """A table's refresh has ended."""
        self.console.table_done(
            TableLine(
                refresh.table,
                refresh.status,
                refresh.rows_written,
                refresh.rows_quarantined,
                refresh.rows_superseded,
                refresh.seconds,
                refresh.message,
            )
        )
        for alert in refresh.alerts:
            self.console.line(f"    {refresh.table}: {alert}")

    def note(self, text: str) -> None:
        """Something worth a line."""
        self.console.line(f"    {text}")

    def trained(self, trained: Trained) -> None:
        """What a training came to."""
        role = "champion" if trained.champion else "challenger"
        self.note(f"{trained.name} v{trained.version} ({trained.candidate}) is the {role}")

    def end(self, outcomes: Sequence[Refresh]) -> None:
        """The errors of a call, each with what to do next."""
        self.console.step_done()
        errors = Console.of(sys.stderr)
        for outcome in outcomes:
            if outcome.error is not None:
                errors.error(str(outcome.error))
