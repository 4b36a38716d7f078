"""The figures of ``make bench`` by name, each with its aim: at most this; None for a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import alone, demo_days, growth, sides
from benchmarks.result import Result


@dataclass(frozen=True)
class Figure:
    """One figure: how it is measured, and the value at most that is aimed at."""

    measure: Callable[[sides.Asked], Result]
    aim: float | None

    @property
    def what(self) -> str:
        """What is measured, in a line."""
        return (self.measure.__doc__ or "").partition("\n")[0]


FIGURES = {
    "build": Figure(sides.build, 1.3),
    "daily": Figure(sides.daily, 1.5),
    "nothing": Figure(sides.nothing, 1.4),
    "preview": Figure(sides.preview, 1.5),
    "demo-days": Figure(demo_days.demo_days, 0.333),
    "growth": Figure(growth.growth, 1.2),
    "tokens": Figure(alone.tokens, 2.0),
    "gate": Figure(alone.gate, 0.25),
    "files": Figure(alone.files, 3.0),
    "search": Figure(alone.search, 0.625),
    "scoring": Figure(alone.scoring, 1.2),
    "scoring-udf": Figure(alone.scoring_udf, 0.333),
    "joins": Figure(alone.joins, None),
    "duckdb": Figure(alone.duckdb, None),
}
DEFAULT = ("build", "daily", "nothing", "preview")
