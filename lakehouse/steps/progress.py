"""The interface through which steps report their progress."""

from __future__ import annotations

from typing import Protocol

from lakehouse.refresh.outcome import RefreshOutcome


class Progress(Protocol):
    """Receives the progress of a step; may be called from several threads."""

    def step(self, name: str, tables: int) -> None:
        """A step starts, with the number of its tables."""

    def started(self, table: str) -> None:
        """A table's refresh starts."""

    def done(self, outcome: RefreshOutcome) -> None:
        """A table's refresh has ended."""

    def note(self, text: str) -> None:
        """A line of information."""

    def show(self, text: str) -> None:
        """Output that the step was asked for; printed unchanged."""


class Quiet:
    """Ignores all progress."""

    def step(self, name: str, tables: int) -> None:
        """Do nothing."""

    def started(self, table: str) -> None:
        """Do nothing."""

    def done(self, outcome: RefreshOutcome) -> None:
        """Do nothing."""

    def note(self, text: str) -> None:
        """Do nothing."""

    def show(self, text: str) -> None:
        """Do nothing."""
