"""A figure on the page: a title, a sentence that says what it shows, and the drawing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
from markupsafe import Markup

from lakehouse.reporting import periods
from lakehouse.reporting.numbers import Cell, exact, missing
from lakehouse.reporting.svg import NARROW, WIDE, tag


@dataclass(frozen=True)
class Figure:
    """``wide`` figures take a whole row of the page."""

    title: str
    caption: str
    body: Markup
    wide: bool = False


def responsive(draw: Callable[[float], Markup]) -> Markup:
    """The same chart drawn for a screen and for a phone; the style sheet shows one of them."""
    return tag("div", draw(float(WIDE)), class_="on-wide") + tag(
        "div", draw(float(NARROW)), class_="on-narrow"
    )


def spoken(name: str) -> str:
    """``gold.weekly_store_sales`` and ``weekly_store_sales`` as ``Weekly store sales``."""
    words = name.rpartition(".")[2].replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def group_name(key: str, value: Cell) -> str:
    """A group as a person says it: ``decile 3``, ``north``, ``(none)``."""
    if missing(value):
        return "(none)"
    if isinstance(value, str):
        return value
    return f"{key.replace('_', ' ')} {exact(value)}"


def points_of(frame: pd.DataFrame, time: str, measure: str) -> list[tuple[date, float]]:
    """The measure's present values by period, in order; periods without a day are left out."""
    found = []
    for moment, value in zip(frame[time], frame[measure], strict=True):
        day = periods.as_day(moment)
        if day is not None and not missing(value):
            found.append((day, float(value)))
    return sorted(found)


def summed(values: Iterable[Cell]) -> Cell:
    """The sum of the present values, decimal where they are; 0 of none."""
    total: Cell = 0
    for value in values:
        if not missing(value):
            total = total + value
    return total


def listing(head: Sequence[str], rows: Iterable[Sequence[str]], numeric: set[int]) -> Markup:
    """An HTML table; the columns ``numeric`` are set to the right."""

    def cells(name: str, values: Sequence[str]) -> Markup:
        return Markup("").join(
            tag(
                name,
                value,
                class_="n" if index in numeric else None,
                scope="col" if name == "th" else None,
            )
            for index, value in enumerate(values)
        )

    body = Markup("").join(tag("tr", cells("td", row)) for row in rows)
    table = tag("table", tag("thead", tag("tr", cells("th", head))), tag("tbody", body))
    return tag("div", table, class_="scroll")
