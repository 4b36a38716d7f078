"""What was known on a day: of one table for a reader, of all inputs for a feature or label."""

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
from lakehouse.sql import as_of, bind, known
from lakehouse.sql.parse import parse
from lakehouse.sql.query import Query
from lakehouse.storage.tables import columns_of

PARAMETERS = ("as_of", "until")


def known_table(context: RunContext, table: str, on: date) -> DataFrame:
    """One table as known on a day: silver with its past, snapshots and predictions their rows.

    Raises UsageError for a table that keeps no past.
    """
    declared = context.pipeline.silver.get(table)
    rows = context.tables.read(table)
    if declared is None:
        if "as_of" not in rows.columns:
            raise UsageError("the table keeps no past to read", where=table)
        return rows.where(F.col("as_of") == F.lit(on))
    if not declared.keeps_past:
        raise UsageError("the table keeps no past to read (write: scd1)", where=table)
    how = _kept(declared, rows, None)
    query = parse(
        f"SELECT * FROM {table}",
        file=table,
        inputs=[table],
    )
    on_day = as_of.on_day(query, {table: how})
    return bind.run(context.spark, on_day, {table: rows}, {"as_of": on})


def compute_days(
    context: RunContext,
    table: SnapshotTable,
    query: Query | None,
    days: Sequence[date],
    versions: Mapping[str, int],
) -> DataFrame:
    """The rows of all ``days``: ``as_of``, then what the transformation gives.

    Many days are one query, in which every relation, join and window is partitioned by ``as_of``;
    a query that cannot be asked so is asked day by day, with the same rows.
    """
    frames = {name: context.tables.read(name, versions[name]) for name in table.inputs}
    if query is not None and len(days) > 1:
        try:
            return _at_once(context, table, query, days, frames)
        except LakehouseError as problem:
            if not as_of.is_refusal(problem):
                raise
    parts = [_of_day(context, table, query, day, frames) for day in days]
    return reduce(DataFrame.unionByName, parts)


def _at_once(
    context: RunContext,
    table: SnapshotTable,
    query: Query,
    days: Sequence[date],
    frames: dict[str, DataFrame],
) -> DataFrame:
    kept = _all_kept(context, table, frames)
    over_days = as_of.over_days(query, kept, horizon_days=table.horizon_days)
    asked = context.spark.createDataFrame([(day,) for day in days], "as_of date")
    return bind.run(context.spark, over_days, {**frames, as_of.DAYS: asked})


def _of_day(
    context: RunContext,
    table: SnapshotTable,
    query: Query | None,
    day: date,
    frames: dict[str, DataFrame],
) -> DataFrame:
    kept = _all_kept(context, table, frames)
    if query is not None:
        on_day = as_of.on_day(query, kept, horizon_days=table.horizon_days)
        rows = bind.run(context.spark, on_day, frames, {"as_of": day})
    else:
        seen = {name: _seen(context, table, name, frames[name], kept[name], day) for name in frames}
        rows = python_transform.run(table, seen, on=day)
    return rows.select(F.lit(day).cast("date").alias("as_of"), *rows.columns)


def _seen(
    context: RunContext,
    table: SnapshotTable,
    name: str,
    rows: DataFrame,
    how: known.Known,
    day: date,
) -> DataFrame:
    """One input of a Python shape as known on the day; of a label's, by the end of its horizon."""
    query = parse(f"SELECT * FROM {name}", file=str(table.shape), inputs=[name])
    on_day = as_of.on_day(query, {name: how}, horizon_days=table.horizon_days)
    return bind.run(context.spark, on_day, {name: rows}, {"as_of": day})


def _all_kept(
    context: RunContext, table: SnapshotTable, frames: dict[str, DataFrame]
) -> dict[str, known.Known]:
    return {
        name: _kept(context.pipeline.silver[name], rows, table.lookback_days)
        for name, rows in frames.items()
    }


def _kept(table: SilverTable, rows: DataFrame, lookback_days: int | None) -> known.Known:
    types = dict(rows.dtypes)
    shaped = columns_of(rows, but=("_known_date", *HISTORY))
    return known.Known(
        kind="scd2" if table.keeps_history else "append",
        columns=tuple(shaped),
        keys=tuple(table.keys),
        valid_from_type=types.get("valid_from", "timestamp"),
        cluster_by=table.cluster_by,
        cluster_type=types.get(table.cluster_by or "", "date"),
        lookback_days=lookback_days,
        zone=table.info.timezone,
    )
