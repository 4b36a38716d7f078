"""What the values of a measure are, and how they are written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lakehouse.config.charts import Measure
from lakehouse.reporting.numbers import Cell, change, compact, exact, is_missing

_SHARES = ("rate", "share", "percent", "percentage", "proportion", "probability", "fraction")
_THIN = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Unit:
    """``name`` stands behind a number; ``percent`` marks shares, kept as 0 to 1 and drawn as %.

    ``adds_up`` says that the values are sums, which are drawn as lengths from zero.
    """

    name: str = ""
    percent: bool = False
    adds_up: bool = False

    def short(self, value: float) -> str:
        """For an axis: ``12k``, ``2.5 %``."""
        return f"{100 * value:.3g}{_THIN}%" if self.percent else compact(value)

    def exact(self, value: Cell) -> str:
        """For a sentence: ``12,345``, ``3.27 %``."""
        return f"{100 * float(value):.3g}{_THIN}%" if self.percent else exact(value)

    def words(self, value: float) -> str:
        """With what is counted: ``12,345 orders``."""
        text = self.exact(round(value, 2) if abs(value) >= 1000 else value)
        return text if self.percent or not self.name else f"{text} {self.name}"

    def change(self, now: float, before: float) -> str:
        """``4 % more than``; of shares the difference, ``0.4 points less than``."""
        if not self.percent:
            return change(now, before)
        points = 100 * (now - before)
        if abs(points) < 0.05:
            return "about the same as"
        return f"{abs(points):.2g} points {'more' if points > 0 else 'less'} than"


def unit_of(measure: Measure, values: Iterable[Cell]) -> Unit:
    """Percent where it is declared, or where the column is named a rate, share, probability or
    the like and all of its values are between 0 and 1."""
    name = measure.column.replace("_", " ")
    present = [float(value) for value in values if not is_missing(value)]
    is_share = any(word in _SHARES for word in name.lower().split())
    percent = measure.unit == "percent" or (
        measure.unit is None and is_share and all(0 <= value <= 1 for value in present)
    )
    return Unit(name, percent, adds_up=measure.combine == "sum")
