"""Time axes, units and declared charts of the report, without Spark."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from reporting_sample import NEWEST, contracts, deliveries, gold, quarterly, weekly

from lakehouse.config.charts import Measure
from lakehouse.reporting.charts.figure import Figure
from lakehouse.reporting.charts.periods import Grain, as_moment, label, tick_label, tick_moments
from lakehouse.reporting.charts.timeline import Timeline
from lakehouse.reporting.charts.unit import unit_of
from lakehouse.reporting.data import GoldTable, Series
from lakehouse.reporting.gold.default_chart import default_chart
from lakehouse.reporting.gold.exhibits import exhibit

MONDAYS = [datetime(2026, 6, day) for day in (1, 8, 15, 22)]  # noqa: DTZ001
SUNDAYS = [day + timedelta(days=6) for day in MONDAYS]


def _figures(table: GoldTable) -> tuple[Figure, ...]:
    return exhibit(table).figures


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-Q2", datetime(2026, 4, 1)),  # noqa: DTZ001
        ("2026-W05", datetime(2026, 1, 26)),  # noqa: DTZ001
        ("2026-06-28 13", datetime(2026, 6, 28, 13)),  # noqa: DTZ001
        ("2026-06-28T13:30", datetime(2026, 6, 28, 13, 30)),  # noqa: DTZ001
        (date(2026, 6, 28), datetime(2026, 6, 28)),  # noqa: DTZ001
        ("2026-13", None),
        ("north", None),
        (None, None),
    ],
)
def test_a_period_is_read_from_dates_times_and_text(
    written: object, moment: datetime | None
) -> None:
    assert as_moment(written) == moment


def test_hours_have_separate_positions_and_labels_with_the_day() -> None:
    hours = [datetime(2026, 6, 27) + timedelta(hours=hour) for hour in range(48)]  # noqa: DTZ001
    ticks = tick_moments(hours, Grain.HOUR, 5)
    span = hours[-1] - hours[0]
    words = [tick_label(m, Grain.HOUR, span, years=False) for m in ticks]
    assert words == ["27 Jun", "12:00", "28 Jun", "12:00"]
    body = str(_figures(deliveries())[0].body)
    places = re.findall(r'<rect x="([\d.]+)" [^>]*class="hit"', body)
    assert len(set(places)) == 48
    assert "27 Jun 13:00: " in body


@pytest.mark.parametrize(
    ("moments", "starts", "by_last"),
    [
        (MONDAYS, "monday", False),
        (SUNDAYS, "monday", True),
        (SUNDAYS, "sunday", False),
        ([day - timedelta(days=1) for day in SUNDAYS], "sunday", True),
    ],
)
def test_weeks_are_named_by_their_first_or_their_last_day(
    moments: list[datetime], starts: str, by_last: bool
) -> None:
    timeline = Timeline.of("week", moments, until=NEWEST, week_starts=starts)
    assert timeline.by_last is by_last


@pytest.mark.parametrize("moments", [MONDAYS, SUNDAYS])
def test_a_week_is_over_when_the_data_reach_its_last_day(moments: list[datetime]) -> None:
    for until, is_over in ((date(2026, 6, 27), False), (date(2026, 6, 28), True)):
        timeline = Timeline.of("week", moments, until=until)
        assert [timeline.is_over(moment) for moment in moments] == [True, True, True, is_over]


def test_months_named_by_their_last_day_end_on_it() -> None:
    ends = [datetime(2026, 4, 30), datetime(2026, 5, 31), datetime(2026, 6, 30)]  # noqa: DTZ001
    timeline = Timeline.of("month_end", ends, until=NEWEST)
    assert [timeline.is_over(moment) for moment in ends] == [True, True, False]


def test_a_period_behind_a_gap_is_not_the_one_before() -> None:
    timeline = Timeline(Grain.WEEK)
    assert timeline.before([(MONDAYS[0], 1.0), (MONDAYS[1], 2.0)]) == ("the week before", 1.0)
    assert timeline.before([(MONDAYS[0], 1.0), (MONDAYS[2], 2.0)]) is None


def test_an_unfinished_week_is_not_compared() -> None:
    table = replace(weekly(), until=date(2026, 6, 24))
    caption = _figures(table)[0].caption
    assert re.fullmatch(
        r"Week of 15 Jun: [\d,]+, .* the week before\. Week of 22 Jun is not over: [\d,]+ so far\.",
        caption,
    )


def test_years_are_shown_where_dates_span_more_than_one() -> None:
    assert label(MONDAYS[0], Grain.DAY) == "1 Jun"
    days = [datetime(2025, 12, 30), datetime(2026, 1, 2)]  # noqa: DTZ001
    timeline = Timeline.of("day", days)
    assert [timeline.label(day) for day in days] == ["30 Dec 2025", "2 Jan 2026"]
    span = days[-1] - days[0]
    assert tick_label(days[0], Grain.DAY, span, years=timeline.years) == "30 Dec 2025"


def test_a_rate_is_written_as_percent_and_compared_in_points() -> None:
    rate = unit_of(Measure(column="late_rate"), [0.02, 0.05])
    assert (rate.short(0.025), rate.exact(0.0327)) == ("2.5\N{NO-BREAK SPACE}%",
                                                       "3.27\N{NO-BREAK SPACE}%")  # fmt: skip
    assert rate.change(0.05, 0.02) == "3 points more than"
    assert not unit_of(Measure(column="exchange_rate"), [0.9, 1.1]).percent
    assert not unit_of(Measure(column="mean_delay_days"), [0.5]).percent
    assert unit_of(Measure(column="filled", unit="percent"), [0.5]).percent
    assert not unit_of(Measure(column="late_rate", unit="number"), [0.5]).percent


def test_a_rate_by_group_and_month_is_the_declared_one_at_every_point() -> None:
    table = contracts()
    (figure,) = _figures(table)
    assert figure.title == "Churn rate by contract"
    newest = table.series[0].points.set_index(["contract", "month"])["_m0"]
    rate = newest["monthly", date(2026, 5, 1)]  # June ends two days after the data
    assert f">{100 * rate:.3g}\N{NO-BREAK SPACE}%<" in str(figure.body)
    assert 'class="area"' not in str(figure.body)


def test_sums_have_an_area_and_a_rest_of_the_groups() -> None:
    frame = pd.DataFrame({"shop": [f"s{i:02d}" for i in range(20)], "sales": range(20, 0, -1)})
    chart = {"measure": {"column": "sales", "as": "sum"}, "by": "shop"}
    (figure,) = _figures(gold("gold.x", "", frame, chart))
    assert "the other 8: 36 sales" in str(figure.body)
    assert figure.caption == "Largest: s00, 20, 9.5\N{NO-BREAK SPACE}% of 210."


def test_groups_of_a_mean_are_never_added_up() -> None:
    frame = pd.DataFrame({"shop": [f"s{i:02d}" for i in range(20)], "mean_delay": range(20, 0, -1)})
    (figure,) = _figures(gold("gold.x", "", frame, {"measure": "mean_delay", "by": "shop"}))
    assert "the other" not in str(figure.body)
    assert figure.caption == "Highest: s00, 20. Lowest: s19, 1. 8 more in the table."


def test_a_null_group_and_a_null_value_are_distinguished() -> None:
    frame = pd.DataFrame({"shop": ["a", None, "b"], "_m0": [Decimal("1"), Decimal("2"), None],
                          "_size": [1.0, 2.0, None]})  # fmt: skip
    chart = weekly().series[1].chart.model_copy(update={"by": "shop", "over": None})
    table = replace(weekly(), series=(Series(chart, frame, 3),))
    (figure,) = _figures(table)
    assert "(none): 2" in str(figure.body)
    assert ">b<" not in str(figure.body)


def test_nothing_declared_gives_lines_over_time_or_bars_by_group() -> None:
    sample = pd.DataFrame({"month": ["2026-05", "2026-06"], "shop": ["a", "b"], "n": [1, 2]})
    chart = default_chart(sample, ["shop", "month"], ["n"])
    assert chart is not None
    assert (chart.over, chart.by, chart.measure) == ("month", "shop", [Measure(column="n")])
    chart = default_chart(sample, ["shop"], ["n"])
    assert chart is not None
    assert (chart.over, chart.by) == (None, "shop")
    assert default_chart(sample.assign(town="x"), ["shop", "town"], ["n"]) is None
    assert default_chart(sample, ["shop"], []) is None


def test_a_shop_number_that_looks_like_a_year_is_no_time() -> None:
    sample = pd.DataFrame({"shop": [2001, 2002], "n": [1, 2]})
    chart = default_chart(sample, ["shop"], ["n"])
    assert chart is not None
    assert (chart.over, chart.by) == (None, "shop")


def test_a_chart_that_cannot_be_drawn_says_why() -> None:
    chart = weekly().series[0].chart
    table = replace(weekly(), series=(Series(chart, pd.DataFrame(), problem="several rows"),))
    assert exhibit(table).problems == ("No chart of gross_sales: several rows.",)


def test_groups_of_an_unfinished_quarter_have_no_mark_of_the_one_before() -> None:
    for until, marks in ((NEWEST, 0), (date(2026, 6, 30), 6)):
        figure = _figures(replace(quarterly(), until=until))[1]
        assert str(figure.body).count('class="mark"') == marks
        assert ("so far" in figure.caption) is (marks == 0)


def test_the_unfinished_end_of_a_small_line_is_dashed() -> None:
    for until, dashed in ((NEWEST, 0), (date(2026, 6, 24), 8)):
        figure = _figures(replace(weekly(), until=until))[1]
        assert str(figure.body).count('class="line open"') == dashed


def test_twelve_groups_fit_as_bars_and_eight_as_small_lines() -> None:
    names = [f"shop {i:02d}" for i in range(14)]
    for n_months, shown in ((2, 12), (6, 8)):
        rows = [(name, f"2026-{month + 1:02d}", 9) for name in names for month in range(n_months)]
        frame = pd.DataFrame(rows, columns=["shop", "month", "sales"])
        chart = {"measure": {"column": "sales", "as": "sum"}, "by": "shop", "over": "month"}
        (figure,) = _figures(gold("gold.x", "", frame, chart))
        assert str(figure.body).count('class="name"') == shown
        assert figure.caption.endswith(f" {14 - shown} more in the table.")
