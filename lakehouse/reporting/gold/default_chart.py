"""The chart of a table that declares none: lines over time, else bars by group."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from lakehouse.config.charts import Chart, Measure
from lakehouse.reporting.charts import periods
from lakehouse.reporting.numbers import Cell, is_missing

MOST_MEASURES = 4
_TIME_WORDS = ("hour", "day", "date", "week", "month", "quarter", "year", "as_of")


def default_chart(
    sample: pd.DataFrame, keys: Sequence[str], numbers: Sequence[str]
) -> Chart | None:
    """The first ``numbers`` over the time key, or by the only other key; nothing is added up.

    ``sample`` has some rows of the table. None for a table with two keys that are no time, and for
    one without numbers: such a table declares its chart.
    """
    over = time_key(sample, keys)
    groups = [key for key in keys if key != over]
    measures = [Measure(column=name) for name in numbers if name not in keys][:MOST_MEASURES]
    if len(groups) > 1 or not measures:
        return None
    return Chart(measure=measures, by=groups[0] if groups else None, over=over)


def time_key(sample: pd.DataFrame, keys: Sequence[str]) -> str | None:
    """The first key whose every value is an hour, a day, a week, a month, a quarter or a year.

    Text and numbers count only where the key's name says so: a shop's id may look like a year.
    """
    for key in keys:
        values: list[Cell] = [value for value in sample[key] if not is_missing(value)]
        named = any(word in key.lower() for word in _TIME_WORDS)
        if not named and not all(isinstance(value, date) for value in values):
            continue
        if values and all(periods.as_moment(value) is not None for value in values):
            return key
    return None
