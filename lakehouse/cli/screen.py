"""What a person sees while steps run: the console, told by the steps."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from lakehouse.ml.train import Trained
from lakehouse.refresh.outcome import RefreshOutcome
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

    def done(self, outcome: RefreshOutcome) -> None:
        """A table's refresh has ended."""
        self.console.table_done(
            TableLine(
                outcome.table,
                outcome.status,
                outcome.rows_written,
                outcome.rows_quarantined,
                outcome.rows_superseded,
                outcome.seconds,
                outcome.message,
                outcome.rows_rescued,
            )
        )
        for reason in outcome.reasons:
            self.console.line(f"      {reason}")
        for alert in outcome.alerts:
            self.console.line(f"    {outcome.table}: {alert}")

    def note(self, text: str) -> None:
        """Something worth a line."""
        self.console.line(f"    {text}")

    def trained(self, trained: Trained) -> None:
        """What a training came to."""
        role = "champion" if trained.champion else "challenger"
        self.note(f"{trained.name} v{trained.version} ({trained.candidate}) is the {role}")

    def end(self, outcomes: Sequence[RefreshOutcome]) -> None:
        """The errors of a call, each with what to do next."""
        self.console.step_done()
        errors = Console.of(sys.stderr)
        for outcome in outcomes:
            if outcome.error is not None:
                errors.error(str(outcome.error))
