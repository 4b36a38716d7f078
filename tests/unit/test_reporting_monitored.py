"""Drift and performance on the page, without Spark."""

from __future__ import annotations

import re
from dataclasses import replace

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


def test_without_monitoring_there_is_no_section() -> None:
    assert "monitoring" not in render(replace(sample(), monitored=None))
