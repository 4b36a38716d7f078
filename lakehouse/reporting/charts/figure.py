"""A figure on the page: a title, a sentence that says what it shows, and the drawing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from lakehouse.reporting.charts.periods import as_moment
from lakehouse.reporting.charts.svg import NARROW, WIDE, tag
from lakehouse.reporting.charts.timeline import Points
from lakehouse.reporting.numbers import Cell, exact, is_missing


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


def humanize(name: str) -> str:
    """``gold.weekly_store_sales`` and ``weekly_store_sales`` as ``Weekly store sales``."""
    words = name.rpartition(".")[2].replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def points_of(frame: pd.DataFrame, time: str, measure: str) -> Points:
    """The measure's present values by period, in order; periods that are no time are left out."""
    points = []
    for value, number in zip(frame[time], frame[measure], strict=True):
        moment = as_moment(value)
        if moment is not None and not is_missing(number):
            points.append((moment, float(number)))
    return sorted(points)


def group_name(key: str, value: Cell) -> str:
    """A group as a person says it: ``decile 3``, ``north``, ``(none)``."""
    if is_missing(value):
        return "(none)"
    if isinstance(value, str):
        return value
    return f"{key.replace('_', ' ')} {exact(value)}"


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
