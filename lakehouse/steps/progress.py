"""Whoever watches a step."""

from __future__ import annotations

from typing import Protocol

from lakehouse.refresh.outcome import RefreshOutcome


class Progress(Protocol):
    """Whoever is told how a step goes; may be called from several threads."""

    def step(self, name: str, tables: int) -> None:
        """A step starts with so many tables."""

    def started(self, table: str) -> None:
        """A table's refresh starts."""

    def done(self, outcome: RefreshOutcome) -> None:
        """A table's refresh has ended."""

    def note(self, text: str) -> None:
        """Something worth a line."""

    def show(self, text: str) -> None:
        """What a step was asked to show: lines, as they are."""


class Quiet:
    """Tells nobody."""

    def step(self, name: str, tables: int) -> None:
        """Say nothing."""

    def started(self, table: str) -> None:
        """Say nothing."""

    def done(self, outcome: RefreshOutcome) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""

    def show(self, text: str) -> None:
        """Say nothing."""
