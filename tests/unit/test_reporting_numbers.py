"""Numbers and periods."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

import pandas as pd
import pytest

from lakehouse.reporting.charts import periods
from lakehouse.reporting.charts.periods import Grain
from lakehouse.reporting.charts.timeline import Timeline
from lakehouse.reporting.gold.default_chart import time_key
from lakehouse.reporting.numbers import compact, exact, nice_ticks, share


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (950, "950"), (12_000, "12k"), (1_240_000, "1.24M"), (0.25, "0.25"), (-3e9, "-3B")],
)
def test_axis_numbers_are_short(value: float, said: str) -> None:
    assert compact(value) == said


def test_a_decimal_is_shown_as_it_is_stored() -> None:
    assert exact(Decimal("1234567.10")) == "1,234,567.10"
    assert exact(Decimal("0.1") + Decimal("0.2")) == "0.3"


def test_a_share_below_one_is_never_shown_as_100_percent() -> None:
    assert share(99_999, 100_000) == "> 99.9\N{NO-BREAK SPACE}%"
    assert share(1, 100_000) == "< 0.1\N{NO-BREAK SPACE}%"
    assert share(0, 10) == "0\N{NO-BREAK SPACE}%"
    assert share(912, 1000) == "91.2\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(("low", "high"), [(0, 887), (-40, 3), (0.5, 0.834), (0, 0), (7, 7)])
def test_ticks_hold_the_values_at_even_steps(low: float, high: float) -> None:
    ticks = nice_ticks(low, high)
    assert ticks[0] <= low
    assert ticks[-1] >= high
    assert 2 <= len(ticks) <= 8
    assert len({round(b - a, 9) for a, b in pairwise(ticks)}) == 1


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-Q2", date(2026, 4, 1)),
        ("2026-W01", date(2025, 12, 29)),
        ("2026-03", date(2026, 3, 1)),
        (pd.Timestamp("2026-03-04 10:00"), date(2026, 3, 4)),
        (None, None),
        ("2026-W60", None),
        ("north", None),
    ],
)
def test_a_period_is_read_whatever_its_type(written: object, day: date | None) -> None:
    moment = periods.as_moment(written)
    assert (moment.date() if moment else None) == day


def test_the_grain_is_inferred_from_name_or_gaps() -> None:
    weeks = [datetime(2026, 6, 1), datetime(2026, 6, 15)]  # noqa: DTZ001
    quarter = datetime(2026, 10, 1)  # noqa: DTZ001
    assert periods.grain_of("starts_on", weeks) is Grain.WEEK
    assert periods.grain_of("quarter", [quarter]) is Grain.QUARTER
    assert Timeline(Grain.QUARTER).last_day(quarter) == date(2026, 12, 31)


def test_an_id_that_looks_like_a_year_is_no_time() -> None:
    frame = pd.DataFrame({"store_id": ["2001", "2002"], "year": [2025, 2026], "n": [1, 2]})
    assert time_key(frame, ["store_id"]) is None
    assert time_key(frame, ["store_id", "year"]) == "year"
