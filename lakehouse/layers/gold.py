"""Gold: aggregates of which only the groups that the changes touch are computed again.

Which groups those are is asked of the table's own SQL: see ``touched``.
"""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import GoldTable
from lakehouse.layers import gate, inputs, quarantine, shapes
from lakehouse.layers.lake import Lake, shape_hash
from lakehouse.layers.refresh import Refresh, skipped, stopped
from lakehouse.layers.touched import Reading, gold_query, reading_of, touched_groups
from lakehouse.sql import bind, incremental
from lakehouse.storage import writes
from lakehouse.storage.locks import one_writer
from lakehouse.storage.session import computed_once
from lakehouse.storage.tables import Commit


def refresh(lake: Lake, table: GoldTable) -> Refresh:
    """Bring the table up to date with its inputs, in one commit."""
    with one_writer(lake.tables, table.table):
        now = lake.tables.versions(table.inputs)
        missing = [name for name in table.inputs if name not in now]
        if missing:
            return skipped(table.table, f"waits for {', '.join(missing)}")
        reading = reading_of(lake, table, now)
        if not reading.moved():
            return skipped(table.table, "nothing new in its inputs")
        return _refresh(lake, table, reading)


def check(lake: Lake, table: GoldTable) -> None:
    """Raise DeclarationError for a shape or a suite that is refused; reads no data."""
    lake.suite(table)
    if shapes.is_sql(table):
        gold_query(table)


def _refresh(lake: Lake, table: GoldTable, reading: Reading) -> Refresh:
    touched = touched_groups(lake, table, reading)
    with computed_once(shape(lake, table, reading, touched)) as groups:
        return _checked_and_written(lake, table, reading, groups, touched)


def _checked_and_written(
    lake: Lake,
    table: GoldTable,
    reading: Reading,
    groups: DataFrame,
    touched: DataFrame | None,
) -> Refresh:
    checked = gate.check(
        groups,
        lake.suite(table),
        day="_known_date",
        would_be=lambda accepted: _would_be(lake, table, accepted, touched),
    )
    verdict = checked.verdict
    outcome = Refresh(
        table.table,
        rows_input=verdict.rows_read,
        rows_read=verdict.rows_read,
        rows_quarantined=verdict.rows_quarantined,
        input_versions=reading.now,
        rules=list(verdict.results),
    )
    _quarantine(lake, table, checked, touched, reading)
    if verdict.stopped:
        return stopped(outcome, verdict, lake.run)
    return _write(lake, table, checked.accepted, touched, reading, outcome)


def shape(lake: Lake, table: GoldTable, reading: Reading, touched: DataFrame | None) -> DataFrame:
    """The groups of ``touched``, or all groups where it is None."""
    frames = {name: inputs.now(lake, name, reading.now[name]) for name in table.inputs}
    if not shapes.is_sql(table):
        return shapes.run_python(table, frames, on=lake.run.end)
    query = gold_query(table)
    if touched is None:
        return bind.run(lake.spark, query, frames)
    restricted = incremental.only(query, table.keys, relation="touched")
    return bind.run(lake.spark, restricted, {**frames, "touched": touched})


def _would_be(
    lake: Lake, table: GoldTable, accepted: DataFrame, touched: DataFrame | None
) -> DataFrame:
    """The table after the write: the groups that are not touched, and the accepted ones."""
    if touched is None:
        return accepted
    rest = lake.tables.read(table.table)
    kept = rest.join(touched, _same_keys(rest, touched, table.keys), "left_anti")
    return kept.select(*accepted.columns).unionByName(accepted)


def _quarantine(
    lake: Lake,
    table: GoldTable,
    checked: gate.Checked,
    touched: DataFrame | None,
    reading: Reading,
) -> None:
    """Groups that were rejected; a group that is computed again leaves the quarantine first."""
    name = quarantine.table_of(table.table)
    if touched is not None and lake.tables.exists(name):
        tag = {"run_id": lake.run.run_id, "clears": "touched groups"}
        clauses = "WHEN MATCHED THEN DELETE"
        writes.merge(lake.tables, name, touched, on=table.keys, clauses=clauses, tag=tag)
    batch = None if touched is None else f"after {reading.before}"
    count = checked.verdict.rows_quarantined
    quarantine.write(lake, table.table, checked.rejected, count, batch=batch)


def _write(
    lake: Lake,
    table: GoldTable,
    groups: DataFrame,
    touched: DataFrame | None,
    reading: Reading,
    outcome: Refresh,
) -> Refresh:
    tag = {"run_id": lake.run.run_id, "inputs": reading.now, "shape": shape_hash(table)}
    if touched is None:
        commit = writes.overwrite(lake.tables, table.table, groups, tag)
        outcome.rows_written = commit.rows("numOutputRows")
    else:
        commit = replace_keys(lake, table, groups, touched, tag)
        outcome.rows_written = commit.rows("numTargetRowsInserted", "numTargetRowsUpdated")
    outcome.output_version = commit.version
    outcome.rows_superseded = 0
    return outcome


def replace_keys(
    lake: Lake, table: GoldTable, groups: DataFrame, touched: DataFrame, tag: writes.Tag
) -> Commit:
    """Touched groups become what they are now; one that is no more goes; equal ones stay as is."""
    marked = groups.withColumn("_present", F.lit(True))
    keys_only = touched.select(*table.keys)
    source = keys_only.join(marked, _same_keys(keys_only, marked, table.keys), "left").select(
        *[keys_only[key] for key in table.keys],
        *[marked[name] for name in marked.columns if name not in table.keys],
    )
    values = [name for name in groups.columns if name not in table.keys]
    differs = " OR ".join(f"NOT (s.`{name}` <=> t.`{name}`)" for name in values) or "false"
    columns = ", ".join(f"`{name}`" for name in groups.columns)
    clauses = (
        "WHEN MATCHED AND s._present IS NULL THEN DELETE "
        f"WHEN MATCHED AND ({differs}) THEN UPDATE SET "
        + (", ".join(f"t.`{name}` = s.`{name}`" for name in groups.columns))
        + f" WHEN NOT MATCHED AND s._present THEN INSERT ({columns}) "
        f"VALUES ({', '.join(f's.`{name}`' for name in groups.columns)})"
    )
    return writes.merge(lake.tables, table.table, source, on=table.keys, clauses=clauses, tag=tag)


def _same_keys(left: DataFrame, right: DataFrame, keys: list[str]) -> Column:
    return reduce(
        lambda one, other: one & other, [left[key].eqNullSafe(right[key]) for key in keys]
    )
