"""Drift and performance on the page, without Spark."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from reporting_sample import NEWEST, monitored, moved, sample

from lakehouse.reporting.monitored.section import MOST_COLUMNS, figures_of_monitoring
from lakehouse.reporting.monitored.series import Monitored, PerformancePoint, PerformanceSeries
from lakehouse.reporting.page import render
from lakehouse.reporting.runs.states import table_states
from lakehouse.reporting.runs.verdict import verdict


def test_each_column_has_a_line_and_the_newest_alarms_are_marked() -> None:
    drift, *_ = figures_of_monitoring(monitored(healthy=False))
    wide = str(drift.body).partition('class="on-narrow"')[0]
    assert wide.count('class="line"') == 7
    assert wide.count('class="number alarm"') == 1
    assert wide.count('class="number warning"') == 1
    assert "revenue_56d 0.38 (alarm)" in wide
    assert "Dashed: 0.1 (warning) and 0.25 (alarm)." in drift.caption


def test_the_largest_are_shown_and_all_are_in_the_numbers() -> None:
    many = tuple(moved(f"feature_{number:02d}", number / 100) for number in range(40))
    (drift,) = figures_of_monitoring(Monitored(1, 0.1, 0.25, many))
    wide = str(drift.body).partition('class="on-narrow"')[0]
    assert wide.count('class="line"') == MOST_COLUMNS
    assert "The 20 largest of 40 columns." in drift.caption
    assert len(re.findall(r"<tr><td>", str(drift.body))) == 40


def test_one_day_and_a_metric_without_an_interval_are_drawn() -> None:
    series = moved("orders", 0.0)
    one_day = replace(series, points=series.points[-1:])
    metric = PerformanceSeries("roc_auc", (PerformancePoint(NEWEST, 0.8),))
    drift, auc = figures_of_monitoring(Monitored(1, 0.1, 0.25, (one_day,), (metric,)))
    assert 'class="dot ok"' in str(drift.body)
    assert auc.caption.endswith("28 Jun: 0.800.")
    assert "nan" not in str(drift.body) + str(auc.body)


def test_an_alarm_is_at_the_top_of_the_page_and_leads_to_the_figures() -> None:
    data = replace(sample(), monitored=monitored(healthy=False))
    findings = verdict(data, table_states(data)).findings
    train = "lakehouse train --date 2026-06-28"
    assert [(f.level, f.subject, f.words, f.todo) for f in findings] == [
        ("bad", "drift", "revenue_56d has moved since training (alarm)", train),
        ("watch", "drift", "return_share has moved since training (warning)", ""),
    ]
    page = render(data)
    assert '<section id="monitoring">' in page
    assert '<a href="#monitoring">' in page


def test_a_segment_is_named_where_all_rows_of_its_column_are_ok() -> None:
    drifted, quiet = moved("orders", 0.4), moved("revenue", 0.0)
    within = [
        replace(moved(column, 0.4), segment=f"region={region}")
        for column in ("orders", "revenue")
        for region in ("east", "north")
    ]
    shown = Monitored(1, 0.1, 0.25, (drifted, quiet, *within))
    assert shown.at("alarm") == ["orders", "revenue (region=east)", "revenue (region=north)"]


def test_without_monitoring_there_is_no_section() -> None:
    assert "monitoring" not in render(replace(sample(), monitored=None))


def test_drift_within_segments_is_a_figure_of_its_own() -> None:
    inside = replace(moved("orders", 0.4), segment="plan=basic")
    data = Monitored(1, 0.1, 0.25, (moved("orders", 0.0), inside))
    whole, segments = figures_of_monitoring(data)
    assert (whole.title, segments.title) == ("Drift over time", "Drift within segments")
    assert "plan=basic" not in str(whole.body)
    assert "orders (plan=basic)" in str(segments.body)
    assert data.at("alarm") == ["orders (plan=basic)"]


def test_a_metric_is_drawn_beside_the_hold_out_and_an_alarm_is_marked() -> None:
    points = (
        PerformancePoint(date(2026, 6, 27), 0.8, 0.78, 0.82, "ok"),
        PerformancePoint(NEWEST, 0.6, 0.57, 0.63, "alarm"),
    )
    series = PerformanceSeries("roc_auc", points, (0.75, 0.85))
    (figure,) = figures_of_monitoring(Monitored(1, 0.1, 0.25, (), (series,)))
    assert "Dashed: its interval on the hold-out at training, 0.75 to 0.85." in figure.caption
    assert str(figure.body).count('class="limit"') == 2
    assert str(figure.body).count('class="dot alarm"') == 1
    data = replace(sample(), monitored=Monitored(1, 0.1, 0.25, (), (series,)))
    (finding,) = verdict(data, table_states(data)).findings
    words = "roc_auc of 28 Jun is worse than on the hold-out"
    assert (finding.level, finding.subject, finding.words) == ("bad", "performance", words)
