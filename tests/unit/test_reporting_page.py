"""The page: the verdict comes first, nothing is loaded from outside, everything is escaped."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from reporting_sample import NEWEST, churn, daily, gold, quarterly, rule_result, sample, weekly

from lakehouse.reporting.data import GoldTable, QuarantineReason, ReportData
from lakehouse.reporting.gold.exhibits import exhibit
from lakehouse.reporting.page import render, write_report
from lakehouse.reporting.runs.states import table_states
from lakehouse.reporting.runs.verdict import verdict

VOID = {"meta", "link", "br"}


class Nesting(HTMLParser):
    """A parser that fails on a tag that closes another one."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, _: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _verdict(data: ReportData) -> tuple[str, str]:
    made = verdict(data, table_states(data))
    return made.state, made.headline


def test_a_week_without_trouble_says_so() -> None:
    assert _verdict(sample()) == ("good", "All is well")


def test_a_stopped_table_and_a_stale_one_need_a_person() -> None:
    data = sample(healthy=False)
    made = verdict(data, table_states(data))
    assert made.headline == "2 things need you"
    assert [one.subject for one in made.findings] == ["silver.orders", "gold.weekly_store_sales"]
    assert "91.2" in made.findings[0].words
    assert made.findings[0].todo == ("lakehouse refine --date 2026-06-28 --tables silver.orders")
    assert "2 days newer than its last refresh" in made.findings[1].words


def test_a_command_of_the_page_names_its_pipeline_and_environment() -> None:
    data = replace(sample(healthy=False), pipeline="tills", env="prod")
    commands = [one.todo for one in verdict(data, table_states(data)).findings]
    assert all(one.startswith("lakehouse ") for one in commands)
    assert all(one.endswith(" --pipeline tills --env prod") for one in commands)


def test_rescued_rows_are_shown_with_their_reason_and_watched_when_they_are_many() -> None:
    healthy = sample()
    newest = max(healthy.runs, key=lambda run: (run.date, run.table.startswith("bronze")))
    reason = "amount: 9 values do not fit int"
    rescued = replace(newest, rows_rescued=9, rows_read=20, message=reason, status="passed")
    runs = tuple(rescued if run is newest else run for run in healthy.runs)
    data = replace(healthy, runs=runs)
    assert f"9 rescued: {reason}" in render(data)
    findings = verdict(data, table_states(data)).findings
    assert [f.level for f in findings if f.subject == newest.table] == ["watch"]


def test_nothing_has_run_yet() -> None:
    assert _verdict(ReportData("shop")) == ("empty", "Nothing has run yet")
    assert "Nothing has run yet" in render(ReportData("shop", expects_model=True))


def test_freshness_depends_on_the_newest_run_and_not_on_the_clock() -> None:
    long_ago = ReportData("shop", runs=tuple(
        replace(run, date=date(2011, 12, 9), start_date=None) for run in sample().runs[-2:]
    ))  # fmt: skip
    assert {state.state for state in table_states(long_ago)} == {"fresh"}


@pytest.mark.parametrize("healthy", [True, False])
def test_the_page_is_well_formed_and_needs_nothing_beside_it(healthy: bool) -> None:
    html = render(sample(healthy=healthy))
    parser = Nesting()
    parser.feed(html)
    assert parser.open == []
    assert not re.search(r"""(src|href)=["'](?!#|data:,)|url\(|@import|<script""", html)


def test_every_drawing_has_its_text() -> None:
    html = render(sample())
    drawings = re.findall(r"<svg[^>]*>", html)
    assert drawings
    assert all(re.search(r'role="img" aria-label="[^"]{12,}"', one) for one in drawings)


def test_values_are_escaped() -> None:
    nasty = '"><script>alert(1)</script>'
    frame = pd.DataFrame({"department": [nasty, "b"], "revenue": [5, 4]})
    table = gold("gold.x", nasty, frame, {"measure": "revenue", "by": "department"})
    reason = QuarantineReason("silver.x", "rule", 1, NEWEST, 1, notes=nasty, demand=nasty)
    html = render(replace(sample(), gold=(table,), quarantine=(reason,), description=nasty))
    assert nasty not in html
    assert "&lt;script&gt;" in html


def test_the_same_data_give_the_same_page() -> None:
    assert render(sample()) == render(sample())


def test_the_page_is_put_in_place_whole(tmp_path: Path) -> None:
    write_report("<p>old</p>", tmp_path / "reports")
    written = write_report("<p>new</p>", tmp_path / "reports")
    assert written.read_text(encoding="utf-8") == "<p>new</p>"
    assert [path.name for path in written.parent.iterdir()] == ["index.html"]


def _titles(table: GoldTable) -> list[str]:
    return [figure.title for figure in exhibit(table).figures]


def test_figures_follow_the_declared_charts() -> None:
    assert _titles(daily()) == ["Active users by day"]
    assert _titles(weekly()) == ["Gross sales by week", "Gross sales by store id"]
    assert _titles(quarterly()) == ["Gross revenue by quarter", "Gross revenue by department"]
    assert _titles(churn()) == [
        "Customers by segment",
        "Expected loss by segment",
        "Expected loss by decile",
    ]


def test_a_table_without_rows_or_without_a_chart_is_shown_all_the_same() -> None:
    empty = GoldTable("gold.empty", "None yet.", pd.DataFrame({"day": [], "n": []}))
    words = GoldTable("gold.words", "No number.", pd.DataFrame({"k": ["a"], "v": ["b"]}), rows=1)
    html = render(ReportData("shop", runs=sample().runs, gold=(empty, words)))
    assert "No rows yet." in html
    assert "No chart: none is declared" in html


def test_the_tile_and_the_section_count_the_same_rows() -> None:
    html = render(sample())
    assert '<span class="label">rows in quarantine</span><span class="value">510</span>' in html
    assert "510 rows are set aside" in html
    emptied = render(replace(sample(), quarantine=(), quarantined=()))
    assert '<span class="label">rows in quarantine</span><span class="value">0</span>' in emptied
    assert "No row is in quarantine." in emptied


def test_rows_that_failed_within_mostly_are_shown() -> None:
    data = sample()
    newest = next(run for run in reversed(data.runs) if run.table == "silver.orders")
    rules = (
        rule_result("email_is_present", "warning", 4_000, 3_700, 0.9),
        rule_result("order_is_unique", "critical", 4_000, 4_000, 1.0),
    )
    runs = tuple(replace(run, rules=rules) if run is newest else run for run in data.runs)
    demands = {("silver.orders", "email_is_present"): "email is present"}
    html = render(replace(data, runs=runs, demands=demands))
    assert "300 of 4,000 (7.5\N{NO-BREAK SPACE}%)" in html
    assert "email is present" in html
    assert "at least 90\N{NO-BREAK SPACE}%" in html
    assert "order_is_unique" not in html


def test_no_costs_are_promised_where_none_are_declared() -> None:
    assert "costs</h2>" not in render(replace(sample(), gold=()))
