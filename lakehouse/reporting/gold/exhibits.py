"""A gold table on the page: its figures, and its numbers for those who want them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from lakehouse.reporting.charts.figure import Figure, humanize, listing
from lakehouse.reporting.data import GoldTable
from lakehouse.reporting.gold import by_group, over_time
from lakehouse.reporting.numbers import count, exact, is_number

NO_CHART = "No chart: none is declared, and the table has no single group and no time to draw by."


@dataclass(frozen=True)
class Exhibit:
    """``title`` is the table's name as people say it; ``numbers`` an HTML table; ``problems`` say
    which charts could not be drawn, and why."""

    title: str
    table: GoldTable
    figures: tuple[Figure, ...]
    numbers: Markup
    note: str
    problems: tuple[str, ...] = ()


def exhibit(table: GoldTable) -> Exhibit:
    """The figures of the table's charts, in the order of their declaration."""
    figures: list[Figure] = []
    problems: list[str] = []
    for series in table.series:
        if series.problem:
            names = ", ".join(measure.column for measure in series.chart.measure)
            problems.append(f"No chart of {names}: {series.problem}.")
        elif series.chart.over:
            figures += over_time.figures(table, series)
        else:
            figures += by_group.figures(series)
    if not table.series and table.rows:
        problems.append(NO_CHART)
    note = count(table.rows, "row")
    if table.rows > len(table.numbers):
        note = f"{len(table.numbers):,} of {table.rows:,} rows"
    numbers = _numbers(table.numbers)
    return Exhibit(humanize(table.name), table, tuple(figures), numbers, note, tuple(problems))


def _numbers(frame: pd.DataFrame) -> Markup:
    numeric = {index for index, name in enumerate(frame.columns) if is_number(frame[name])}
    rows = ([exact(value) for value in row] for row in frame.itertuples(index=False))
    return listing([str(name) for name in frame.columns], rows, numeric)
