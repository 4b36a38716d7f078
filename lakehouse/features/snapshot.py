"""A snapshot: the rows of a feature or label table for the days of a run, kept for good."""

from __future__ import annotations

from datetime import date, timedelta

from pyspark.sql import DataFrame

from lakehouse.config.declarations import SnapshotTable
from lakehouse.features.as_known import computed, snapshot_query
from lakehouse.layers import gate, quarantine, shapes
from lakehouse.layers.lake import Lake, shape_hash
from lakehouse.layers.refresh import Refresh, skipped, stopped
from lakehouse.storage import writes
from lakehouse.storage.locks import one_writer
from lakehouse.storage.session import computed_once
from lakehouse.storage.tables import Commit


def check(lake: Lake, table: SnapshotTable) -> None:
    """Raise DeclarationError for a shape or a suite that is refused; reads no data."""
    lake.suite(table)
    if shapes.is_sql(table):
        snapshot_query(table)


def refresh(lake: Lake, table: SnapshotTable) -> Refresh:
    """Write the rows of each day of the run: of a label, of the day that it then speaks of.

    Grain: one row for each key and ``as_of``. The same days again, from the same inputs, are
    skipped; from inputs that have learnt more about those days they are written anew.
    """
    with one_writer(lake.tables, table.table):
        versions = lake.tables.versions(table.inputs)
        missing = [name for name in table.inputs if name not in versions]
        if missing:
            return skipped(table.table, f"waits for {', '.join(missing)}")
        days = [day - timedelta(days=table.horizon_days) for day in lake.run.days()]
        tag = {
            "run_id": lake.run.run_id,
            "inputs": versions,
            "shape": shape_hash(table),
            "days": [str(days[0]), str(days[-1])],
        }
        if not lake.run.full_refresh and _is_done(lake, table, tag):
            return skipped(table.table, "these days are there, from the same inputs")
        return _refresh(lake, table, days, tag)


def _is_done(lake: Lake, table: SnapshotTable, tag: writes.Tag) -> bool:
    """Whether a commit has written all these days from inputs that have not changed since."""
    first, last = tag["days"]
    for commit in lake.tables.commits(table.table):
        done = commit.tag
        if done.get("inputs") != tag["inputs"] or done.get("shape") != tag["shape"]:
            continue
        if done["days"][0] <= first and last <= done["days"][1]:
            return True
    return False


def _refresh(lake: Lake, table: SnapshotTable, days: list[date], tag: writes.Tag) -> Refresh:
    with computed_once(computed(lake, table, days, tag["inputs"])) as frame:
        return _checked_and_written(lake, table, frame, days, tag)


def _checked_and_written(
    lake: Lake, table: SnapshotTable, frame: DataFrame, days: list[date], tag: writes.Tag
) -> Refresh:
    checked = gate.check(
        frame,
        lake.suite(table),
        day="as_of",
        would_be=lambda accepted: _would_be(lake, table, accepted, days),
    )
    verdict = checked.verdict
    outcome = Refresh(
        table.table,
        rows_input=verdict.rows_read,
        rows_read=verdict.rows_read,
        rows_quarantined=verdict.rows_quarantined,
        input_versions=dict(tag["inputs"]),
        rules=list(verdict.results),
    )
    quarantine.write(
        lake,
        table.table,
        checked.rejected,
        verdict.rows_quarantined,
        batch=f"{days[0]} to {days[-1]}",
        clears=_of_days(days),
    )
    if verdict.stopped:
        return stopped(outcome, verdict, lake.run)
    return _written(outcome, _write(lake, table, checked.accepted, days, tag))


def _write(
    lake: Lake, table: SnapshotTable, rows: DataFrame, days: list[date], tag: writes.Tag
) -> Commit:
    if lake.run.full_refresh or not lake.tables.exists(table.table):
        return writes.overwrite(lake.tables, table.table, rows, tag)
    return writes.replace_where(lake.tables, table.table, rows, _of_days(days), tag)


def _would_be(lake: Lake, table: SnapshotTable, accepted: DataFrame, days: list[date]) -> DataFrame:
    if not lake.tables.exists(table.table):
        return accepted
    others = lake.tables.read(table.table).where(f"NOT ({_of_days(days)})")
    return others.select(*accepted.columns).unionByName(accepted)


def _of_days(days: list[date]) -> str:
    return f"as_of >= DATE'{days[0]}' AND as_of <= DATE'{days[-1]}'"


def _written(outcome: Refresh, commit: Commit) -> Refresh:
    outcome.rows_written = commit.rows("numOutputRows")
    outcome.output_version = commit.version
    return outcome
