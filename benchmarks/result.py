"""The result of a figure: its value against its aim, and the runs that it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.process import Measured

Runs = dict[str, list[Measured]]


@dataclass
class Result:
    """``pairs`` are the ratios of runs that followed each other; ``value`` is their median.

    ``against`` names the denominator. ``notes`` are further lines, such as the value of
    another checkout.
    """

    value: float | None
    pairs: list[float] = field(default_factory=list)
    against: str = ""
    runs: Runs = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For ``build/bench.json``."""
        runs = {side: [run.as_json() for run in of] for side, of in self.runs.items()}
        return {**vars(self), "runs": runs}


def ratio(runs: Runs, one: str, other: str) -> Result:
    """Seconds of ``one`` by seconds of ``other``, pair by pair."""
    pairs = [
        round(ours.seconds / theirs.seconds, 3)
        for ours, theirs in zip(runs[one], runs[other], strict=True)
    ]
    return Result(round(median(pairs), 3), pairs, other, runs, notes=[_in_counts(runs, one, other)])


def note(runs: Runs, one: str, other: str) -> str:
    """The ratio of two further sides as a line of text."""
    found = ratio(runs, one, other)
    pairs = ", ".join(f"{pair:.2f}" for pair in found.pairs)
    return f"{one} by {other}: {found.value:.2f} (pairs {pairs})"


def middle(runs: Sequence[Measured], name: str) -> float:
    """The median of an attribute of runs."""
    return float(median(getattr(run, name) for run in runs))


def _in_counts(runs: Runs, one: str, other: str) -> str:
    """The ratios of what depends little, or not at all, on how busy the machine is."""
    cpu = middle(runs[one], "cpu_seconds") / middle(runs[other], "cpu_seconds")
    text = f"in processor seconds {cpu:.2f}"
    executions = runs[other][-1].work.executions
    if executions:
        text += f", in SQL executions {runs[one][-1].work.executions / executions:.2f}"
    return text
