"""Point-in-time reads: of one table, and of all inputs of a feature or label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import SilverTable, SnapshotTable
from lakehouse.errors import LakehouseError, UsageError
from lakehouse.refresh import python_transform
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.history import HISTORY
from lakehouse.refresh.precedence import PRECEDENCE
from lakehouse.refresh.replaced_rows import add_replaced, has_any
from lakehouse.sql import as_of, bind
from lakehouse.sql.parse import parse
from lakehouse.sql.point_in_time import TableHistory
from lakehouse.sql.query import Query
from lakehouse.storage.tables import columns_of

PARAMETERS = ("as_of", "until")


def read_as_of(context: RunContext, table: str, on: date, known_by: date) -> DataFrame:
    """The rows of a table as they held on a day, by what was known on the day ``known_by``.

    Grain: for ``scd2`` one row per key, for ``append`` every row that was known by ``known_by``,
    whatever ``on`` is, since its rows hold for ever. Of snapshots and predictions, the rows of the
    day ``on``, which are computed once from what was known then. Raises UsageError for a table
    that has no history, and for a snapshot by what was known on another day.
    """
    declared = context.pipeline.silver.get(table)
    rows = context.tables.read(table)
    if declared is None:
        if "as_of" not in rows.columns:
            raise UsageError("the table has no history to read", where=table)
        if known_by != on:
            raise UsageError(
                "the rows of a day are kept as they were known on that day alone",
                where=table,
                hint="leave known_by out, or read the tables that these rows were computed from",
            )
        return rows.where(F.col("as_of") == F.lit(on))
    if not declared.keeps_past:
        raise UsageError("the table has no history to read (write: scd1)", where=table)
    history = _table_history(context, declared, rows, None)
    query = parse(f"SELECT * FROM {table}", file=table, inputs=[table])
    rewritten = as_of.rewrite_as_of(query, {table: history}, known_by="known_by")
    rows = _add_replaced(context, {table: rows})[table]
    days = {"as_of": on, "known_by": known_by}
    return bind.run(context.spark, rewritten, {table: rows}, days)


def compute_days(
    context: RunContext,
    table: SnapshotTable,
    query: Query | None,
    days: Sequence[date],
    versions: Mapping[str, int],
) -> DataFrame:
    """The rows of all ``days``: ``as_of``, then the columns of the transformation.

    A range of days is one query, in which every relation, join and window is partitioned by
    ``as_of``; a query that cannot be partitioned runs day by day, with the same result.
    """
    frames = {name: context.tables.read(name, versions[name]) for name in table.inputs}
    if query is not None and len(days) > 1:
        try:
            return _compute_range(context, table, query, days, frames)
        except LakehouseError as problem:
            if not as_of.is_refusal(problem):
                raise
    parts = [_compute_day(context, table, query, day, frames) for day in days]
    return reduce(DataFrame.unionByName, parts)


def _compute_range(
    context: RunContext,
    table: SnapshotTable,
    query: Query,
    days: Sequence[date],
    frames: dict[str, DataFrame],
) -> DataFrame:
    histories = _table_histories(context, table, frames)
    frames = _add_replaced(context, frames)
    in_range = as_of.rewrite_as_of_range(query, histories, window=_window(table))
    range_days = context.spark.createDataFrame([(day,) for day in days], "as_of date")
    return bind.run(context.spark, in_range, {**frames, as_of.DAYS: range_days})


def _compute_day(
    context: RunContext,
    table: SnapshotTable,
    query: Query | None,
    day: date,
    frames: dict[str, DataFrame],
) -> DataFrame:
    histories = _table_histories(context, table, frames)
    frames = _add_replaced(context, frames)
    if query is not None:
        rewritten = as_of.rewrite_as_of(query, histories, window=_window(table))
        rows = bind.run(context.spark, rewritten, frames, {"as_of": day})
    else:
        inputs = {
            name: _input_as_of(context, table, name, frames[name], histories[name], day)
            for name in frames
        }
        rows = python_transform.run(table, inputs, on=day)
    return rows.select(F.lit(day).cast("date").alias("as_of"), *rows.columns)


def _input_as_of(
    context: RunContext,
    table: SnapshotTable,
    name: str,
    rows: DataFrame,
    history: TableHistory,
    day: date,
) -> DataFrame:
    """One input of a Python transformation as of the day; for a label, of its window's end."""
    query = parse(f"SELECT * FROM {name}", file=str(table.transformation), inputs=[name])
    rewritten = as_of.rewrite_as_of(query, {name: history}, window=_window(table))
    return bind.run(context.spark, rewritten, {name: rows}, {"as_of": day})


def _window(table: SnapshotTable) -> as_of.Window:
    return as_of.Window(table.horizon_days, table.known_after_days)


def _table_histories(
    context: RunContext, table: SnapshotTable, frames: dict[str, DataFrame]
) -> dict[str, TableHistory]:
    return {
        name: _table_history(context, context.pipeline.silver[name], rows, table.lookback_days)
        for name, rows in frames.items()
    }


def _add_replaced(context: RunContext, frames: dict[str, DataFrame]) -> dict[str, DataFrame]:
    """Add to each table the rows of replaced files; a history already contains them."""
    silver = context.pipeline.silver
    return {
        name: rows if silver[name].keeps_history else add_replaced(context, name, rows)
        for name, rows in frames.items()
    }


def _table_history(
    context: RunContext, table: SilverTable, rows: DataFrame, lookback_days: int | None
) -> TableHistory:
    types = dict(rows.dtypes)
    columns = columns_of(rows, but=("_known_date", PRECEDENCE, *HISTORY))
    return TableHistory(
        kind="scd2" if table.keeps_history else "append",
        columns=tuple(columns),
        keys=tuple(columns if table.drop_exact_repeats else table.keys),
        valid_from_type=types.get("valid_from", "timestamp"),
        cluster_by=table.cluster_by,
        cluster_type=types.get(table.cluster_by or "", "date"),
        lookback_days=lookback_days,
        zone=table.info.timezone,
        has_replaced=has_any(context, table.table),
    )
