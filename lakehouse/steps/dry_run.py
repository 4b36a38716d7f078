"""Dry run: what a step would read, bind, treat and write. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from lakehouse.config.declarations import (
    BronzeTable,
    ComputedTable,
    GoldTable,
    SilverTable,
    SnapshotTable,
    Table,
)
from lakehouse.features.as_known import snapshot_query
from lakehouse.layers import bronze, shapes, silver
from lakehouse.layers.changes import version_read
from lakehouse.layers.lake import Lake
from lakehouse.layers.touched import gold_query
from lakehouse.privacy.policy import treatments
from lakehouse.sql.bind import bound_text
from lakehouse.steps.choosing import chosen


def run(lake: Lake, names: Sequence[str] | None) -> Iterator[str]:
    """A block of text for each table of the step, inputs first."""
    for table in _tables_of(lake, names):
        yield "\n".join(_described(lake, table)) + "\n"


def _tables_of(lake: Lake, names: Sequence[str] | None) -> list[Table]:
    of_step: dict[str, dict[str, Table]] = {
        "ingest": {**lake.pipeline.bronze},
        "refine": {**lake.pipeline.silver},
        "aggregate": {table.table: table for table in lake.pipeline.gold_in_order()},
        "features": {**lake.pipeline.features, **lake.pipeline.labels},
        "score": {t.table: t for t in lake.pipeline.gold_in_order(after_scoring=True)},
    }
    of_run = {name: table for tables in of_step.values() for name, table in tables.items()}
    return chosen(of_step.get(lake.run.step, of_run), names)


def _described(lake: Lake, table: Table) -> Iterator[str]:
    yield f"{table.table}  ({table.file})"
    if isinstance(table, BronzeTable):
        files = bronze.unseen(lake, table)
        yield f"  reads   {len(files):,} new file(s) of {table.source.path}"
        yield "  writes  append, one commit"
    elif isinstance(table, ComputedTable):
        yield from _inputs(lake, table)
        yield from _treatments(lake, table)
        yield from _shape(lake, table)
        yield f"  checks  {len(lake.suite(table).rules)} rules"
        yield f"  writes  {_write(table)}"


def _inputs(lake: Lake, table: ComputedTable) -> Iterator[str]:
    last = lake.tables.last_tagged(table.table)
    for name in table.inputs:
        now, read = lake.tables.version(name), version_read(last, name)
        state = "not written yet" if now is None else f"version {now}"
        yield f"  reads   {name}, {state}, read before: {'nothing' if read is None else read}"


def _treatments(lake: Lake, table: ComputedTable) -> Iterator[str]:
    if isinstance(table, SilverTable):
        columns = lake.pipeline.bronze[table.source].columns
        for column, kind, treatment, _ in treatments(columns, lake.policy):
            yield f"  treats  {column} ({kind}): {treatment}"


def _shape(lake: Lake, table: ComputedTable) -> Iterator[str]:
    if not shapes.is_sql(table):
        yield f"  shape   transform() of {table.shape}"
        return
    yield "  shape"
    for line in _text(lake, table).splitlines():
        yield f"    {line}"


def _text(lake: Lake, table: ComputedTable) -> str:
    if isinstance(table, SilverTable):
        return bound_text(silver.silver_query(table))
    if isinstance(table, GoldTable):
        return bound_text(gold_query(table))
    as_of = lake.run.end
    if isinstance(table, SnapshotTable):
        as_of = lake.run.end - timedelta(days=table.horizon_days)
        return bound_text(snapshot_query(table), {"as_of": as_of, "until": lake.run.end})
    return bound_text(shapes.query(table))


def _write(table: ComputedTable) -> str:
    keys = f" on {', '.join(table.keys)}" if table.keys else ""
    if isinstance(table, SilverTable | GoldTable):
        return f"{table.write}{keys}"
    return f"snapshot{keys}, a day at a time"
