"""The record of a refresh, from the writer to the report."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime

from lakehouse.quality.results import RuleResult
from lakehouse.refresh.outcome import RefreshOutcome
from lakehouse.refresh.run_record import RunRecord
from lakehouse.storage.records import SCHEMA

DAY = date(2026, 6, 28)
RULE = RuleResult("r", "expect_x", "warning", DAY, 9, 8, 0.5, True, "s.json:3")


def _record(outcome: RefreshOutcome) -> RunRecord:
    return RunRecord.of(
        outcome,
        run_id="1",
        pipeline="shop",
        step="refine",
        date=DAY,
        start_date=DAY,
        started_at=datetime(2026, 6, 28, 4, tzinfo=UTC),
        git_sha=None,
        conf_hash="c",
    )


def test_a_record_has_the_columns_of_ops_runs() -> None:
    assert {column.name for column in fields(RunRecord)} == set(SCHEMA.names)


def test_a_record_is_read_as_it_was_written() -> None:
    outcome = RefreshOutcome(
        "silver.x", rows_input=9, rows_read=9, rows_written=8, rows_quarantined=1, rows_rescued=2,
        input_versions={"bronze.x": 3}, output_version=4, seconds=0.5, rules=[RULE],
    )  # fmt: skip
    written = _record(outcome)
    read = RunRecord.from_row(written.to_row())
    # A record keeps what a rule came to, not its type and place.
    assert read.rules == (RuleResult("r", "", "warning", DAY, 9, 8, 0.5, True, ""),)
    assert RunRecord.from_row(read.to_row()) == read
    assert {**written.to_row(), "rules": ""} == {**read.to_row(), "rules": ""}


def test_the_message_has_the_reasons_and_the_alerts() -> None:
    outcome = RefreshOutcome("bronze.x", reasons=["a: 2 values do not fit"], alerts=["one file"])
    assert _record(outcome).message == "a: 2 values do not fit; one file"


def test_a_row_of_an_older_warehouse_is_read() -> None:
    row = {"run_id": "1", "step": "ingest", "table": "bronze.x", "date": DAY, "status": "passed",
           "rows_input": None, "rules": "no json"}  # fmt: skip
    record = RunRecord.from_row(row)
    assert (record.rows_input, record.rows_rescued, record.rules) == (0, 0, ())
    assert record.input_versions == {}
