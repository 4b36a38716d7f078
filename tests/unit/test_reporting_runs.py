"""The state of each table: red only where a person can do something."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame
from reporting_sample import NEWEST, run, sample

from lakehouse.config.pipeline import load_pipeline
from lakehouse.refresh.run_record import RunRecord
from lakehouse.reporting.collect import declared_tables
from lakehouse.reporting.data import DeclaredTable, ReportData
from lakehouse.reporting.runs.states import table_states
from lakehouse.reporting.runs.verdict import verdict
from lakehouse.steps.registry import run_steps, step_of, step_tables

ROOT = Path(__file__).parents[2]
EARLIER = NEWEST - timedelta(days=3)
ORDERS = DeclaredTable("silver.orders", "refine", inputs=("bronze.orders",))
SALES = DeclaredTable("gold.sales", "aggregate", inputs=("silver.orders",))


def _states(tables: tuple[DeclaredTable, ...], *runs: RunRecord) -> dict[str, str]:
    data = ReportData("shop", tables=tables, runs=runs)
    return {state.table: state.state for state in table_states(data)}


def _findings(data: ReportData) -> list[tuple[str, str]]:
    return [(f.level, f.subject) for f in verdict(data, table_states(data)).findings]


def test_a_table_is_stale_when_its_input_got_rows_for_a_later_day() -> None:
    states = _states(
        (ORDERS, SALES),
        run("aggregate", "gold.sales", EARLIER, 5),
        run("refine", "silver.orders", NEWEST, 100),
    )
    assert states == {"silver.orders": "fresh", "gold.sales": "stale"}


def test_tables_of_a_new_step_are_shown_in_the_order_of_the_steps() -> None:
    enriched = DeclaredTable("gold.enriched", "enrich", inputs=("silver.orders",))
    data = ReportData(
        "shop",
        steps=("refine", "enrich", "aggregate"),
        tables=(SALES, enriched, ORDERS),
        runs=(
            run("enrich", "gold.enriched", EARLIER, 5),
            run("refine", "silver.orders", NEWEST, 100),
            run("retired", "gold.old", EARLIER, 5),
        ),
    )
    states = [(state.step, state.table, state.state) for state in table_states(data)]
    assert states == [
        ("refine", "silver.orders", "fresh"),
        ("enrich", "gold.enriched", "stale"),
        ("aggregate", "gold.sales", "never"),
        ("retired", "gold.old", "fresh"),
    ]


def test_every_table_has_the_step_that_refreshes_it() -> None:
    class Empty:
        def exists(self, table: str) -> bool:
            return False

        def read(self, table: str) -> DataFrame:
            raise AssertionError(table)

    pipeline = load_pipeline(ROOT / "conf", "retail")
    steps = {step: step_tables(pipeline, step) for step in run_steps()}
    declared = {table.name: table for table in declared_tables(pipeline, Empty(), steps)}
    assert {name: table.step for name, table in declared.items()} == {
        name: step_of(pipeline, name) for name in [*pipeline.tables(), *pipeline.predictions()]
    }
    assert declared["silver.orders"].inputs == tuple(pipeline.silver["silver.orders"].inputs)
    assert declared["gold.churn_scores"].inputs == ("gold.customer_features",)


def test_after_a_source_has_ended_nothing_needs_a_person() -> None:
    runs = (
        run("refine", "silver.orders", EARLIER, 100),
        run("aggregate", "gold.sales", EARLIER, 5),
        run("score", "silver.predictions", EARLIER, 50),
        run("refine", "silver.orders", NEWEST, 0, "skipped"),
    )
    data = ReportData("shop", tables=(ORDERS, SALES), runs=runs)
    assert {state.state for state in table_states(data)} == {"fresh"}
    assert _findings(data) == []


def test_a_source_that_was_not_asked_for_files_is_worth_a_look() -> None:
    bronze = DeclaredTable("bronze.orders", "ingest")
    data = ReportData(
        "shop",
        env="prod",
        tables=(bronze,),
        runs=(run("ingest", "bronze.orders", EARLIER, 9), run("refine", "silver.x", NEWEST, 9)),
    )
    (finding,) = verdict(data, table_states(data)).findings
    assert (finding.level, finding.subject) == ("watch", "bronze.orders")
    expected = f"lakehouse ingest --date {NEWEST} --tables bronze.orders --pipeline shop --env prod"
    assert finding.todo == expected


def test_a_table_that_never_existed_is_not_fresh() -> None:
    bronze = DeclaredTable("bronze.orders", "ingest", exists=False)
    skipped = run("ingest", "bronze.orders", NEWEST, 0, "skipped")
    assert _states((bronze,), skipped) == {"bronze.orders": "empty"}
    assert _findings(ReportData("shop", tables=(bronze,), runs=(skipped,))) == [
        ("watch", "bronze.orders")
    ]


@pytest.mark.parametrize(
    "message", ["waits for gold.features", "no champion yet: run `lakehouse train` first"]
)
def test_a_table_with_nothing_to_score_waits(message: str) -> None:
    history = DeclaredTable("silver.predictions", "score", exists=False)
    skipped = replace(run("score", "silver.predictions", NEWEST, 0, "skipped"), message=message)
    assert _states((history,), skipped) == {"silver.predictions": "waiting"}
    assert _findings(ReportData("shop", tables=(history,), runs=(skipped,))) == []


def test_a_refused_table_needs_a_person() -> None:
    skipped = replace(
        run("refine", "silver.orders", NEWEST, 0, "skipped"),
        message="silver.orders was built with another definition: keys",
    )
    data = ReportData("shop", tables=(ORDERS,), runs=(skipped,))
    assert _findings(data) == [("bad", "silver.orders")]


@pytest.mark.parametrize(("quarantined", "levels"), [(4, []), (6, ["watch"]), (60, ["bad"])])
def test_the_headline_looks_at_the_share_of_quarantined_rows(
    quarantined: int, levels: list[str]
) -> None:
    record = replace(
        run("refine", "silver.orders", NEWEST, 100),
        rows_quarantined=quarantined,
        message="latitude: 2,753 values do not fit decimal(12,8)",
    )
    data = ReportData("shop", tables=(ORDERS,), runs=(record,))
    made = verdict(data, table_states(data)).findings
    assert [finding.level for finding in made] == levels
    assert all("latitude: 2,753 values" in finding.words for finding in made)


def test_many_quarantined_rows_still_count_when_nothing_came_after_them() -> None:
    bad = replace(run("refine", "silver.orders", EARLIER, 100), rows_quarantined=60)
    after = run("refine", "silver.orders", NEWEST, 0, "skipped")
    data = ReportData("shop", tables=(ORDERS,), runs=(bad, after))
    assert _findings(data) == [("bad", "silver.orders")]


def test_bronze_does_not_halve_the_share_of_quarantined_rows() -> None:
    bronze = run("ingest", "bronze.orders", NEWEST, 100)
    silver = replace(run("refine", "silver.orders", NEWEST, 100), rows_quarantined=8)
    data = ReportData("shop", tables=(ORDERS,), runs=(bronze, silver))
    (finding,) = verdict(data, table_states(data)).findings
    assert finding.words.startswith("8 of 100 rows (8\N{NO-BREAK SPACE}%)")


def test_the_days_of_a_range_are_all_covered() -> None:
    record = replace(run("refine", "silver.orders", NEWEST, 9), start_date=date(2026, 6, 1))
    data = replace(sample(), runs=(record,), tables=())
    (state,) = table_states(data)
    assert {status for _, status in state.cells} == {"passed"}
