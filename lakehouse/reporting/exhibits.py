"""A gold table on the page: its figures, and its numbers for those who want them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd
from markupsafe import Markup

from lakehouse.reporting import by_group, over_time
from lakehouse.reporting.data import GoldTable
from lakehouse.reporting.figures import Figure, listing, spoken
from lakehouse.reporting.numbers import count, exact
from lakehouse.reporting.shape import measures

MOST_ROWS = 40


@dataclass(frozen=True)
class Exhibit:
    """``title`` is the table's name as people say it; ``numbers`` an HTML table."""

    title: str
    table: GoldTable
    figures: tuple[Figure, ...]
    numbers: Markup
    note: str


def exhibit(table: GoldTable, newest: date | None) -> Exhibit:
    """The figures that fit the table's shape; ``newest`` tells which period is not over."""
    made = over_time.figures(table, newest) if table.time else by_group.figures(table)
    frame = _newest_first(table).head(MOST_ROWS)
    numeric = {index for index, name in enumerate(frame.columns) if name in measures(table)}
    rows = ([exact(value) for value in row] for row in frame.itertuples(index=False))
    numbers = listing([str(name) for name in frame.columns], rows, numeric)
    size = max(table.rows, len(table.frame))
    note = count(size, "row")
    if size > len(frame):
        note = f"{len(frame):,} of {size:,} rows"
    return Exhibit(spoken(table.name), table, tuple(made), numbers, note)


def _newest_first(table: GoldTable) -> pd.DataFrame:
    if table.time is None:
        return table.frame
    return table.frame.sort_values(table.time, ascending=False, kind="stable")
