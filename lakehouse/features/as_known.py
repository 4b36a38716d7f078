"""What was known on a day: of one table for a reader, of all inputs for a feature or label."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import SilverTable, SnapshotTable
from lakehouse.errors import LakehouseError, UsageError
from lakehouse.layers import shapes
from lakehouse.layers.lake import Lake
from lakehouse.layers.scd2 import HISTORY
from lakehouse.sql import as_of, bind, known
from lakehouse.sql.parse import parse
from lakehouse.sql.query import Query
from lakehouse.storage.tables import columns_of

PARAMETERS = ("as_of", "until")


def known_table(lake: Lake, table: str, on: date) -> DataFrame:
    """One table as known on a day: silver with its past, snapshots and predictions their rows.

    Raises UsageError for a table that keeps no past.
    """
    declared = lake.pipeline.silver.get(table)
    rows = lake.tables.read(table)
    if declared is None:
        if "as_of" not in rows.columns:
            raise UsageError("the table keeps no past to read", where=table)
        return rows.where(F.col("as_of") == F.lit(on))
    if declared.write == "scd1":
        raise UsageError("the table keeps no past to read (write: scd1)", where=table)
    how = _kept(declared, rows, None)
    query = parse(
        f"SELECT * FROM {table}",
        file=table,
        inputs=[table],
    )
    on_day = as_of.on_day(query, {table: how})
    return bind.run(lake.spark, on_day, {table: rows}, {"as_of": on})


def snapshot_query(table: SnapshotTable) -> Query:
    """The table's SQL, with ``:as_of`` and, for a label, ``:until``."""
    return shapes.query(table, parameters=PARAMETERS[: 2 if table.horizon else 1])


def computed(
    lake: Lake, table: SnapshotTable, days: Sequence[date], versions: dict[str, int]
) -> DataFrame:
    """The rows of all ``days``: ``as_of``, then what the shape gives.

    Many days are one query, in which Spark itself makes of the days a join; a query that cannot
    be asked so is asked day by day, with the same rows.
    """
    frames = {name: lake.tables.read(name, versions[name]) for name in table.inputs}
    if not shapes.is_sql(table):
        return _day_by_day(lake, table, days, frames)
    if len(days) > 1:
        try:
            return _at_once(lake, table, days, frames)
        except LakehouseError as problem:
            if not as_of.is_refusal(problem):
                raise
    return _day_by_day(lake, table, days, frames)


def _at_once(
    lake: Lake, table: SnapshotTable, days: Sequence[date], frames: dict[str, DataFrame]
) -> DataFrame:
    kept = _all_kept(lake, table, frames)
    query = as_of.over_days(snapshot_query(table), kept, horizon_days=table.horizon_days)
    asked = lake.spark.createDataFrame([(day,) for day in days], "as_of date")
    return bind.run(lake.spark, query, {**frames, as_of.DAYS: asked})


def _day_by_day(
    lake: Lake, table: SnapshotTable, days: Sequence[date], frames: dict[str, DataFrame]
) -> DataFrame:
    parts = [_of_day(lake, table, day, frames) for day in days]
    return reduce(DataFrame.unionByName, parts)


def _of_day(lake: Lake, table: SnapshotTable, day: date, frames: dict[str, DataFrame]) -> DataFrame:
    kept = _all_kept(lake, table, frames)
    if shapes.is_sql(table):
        query = as_of.on_day(snapshot_query(table), kept, horizon_days=table.horizon_days)
        rows = bind.run(lake.spark, query, frames, {"as_of": day})
    else:
        seen = {name: _seen(lake, table, name, frames[name], kept[name], day) for name in frames}
        rows = shapes.run_python(table, seen, on=day)
    return rows.select(F.lit(day).cast("date").alias("as_of"), *rows.columns)


def _seen(
    lake: Lake,
    table: SnapshotTable,
    name: str,
    rows: DataFrame,
    how: known.Known,
    day: date,
) -> DataFrame:
    """One input of a Python shape as known on the day; of a label's, by the end of its horizon."""
    query = parse(f"SELECT * FROM {name}", file=str(table.shape), inputs=[name])
    on_day = as_of.on_day(query, {name: how}, horizon_days=table.horizon_days)
    return bind.run(lake.spark, on_day, {name: rows}, {"as_of": day})


def _all_kept(
    lake: Lake, table: SnapshotTable, frames: dict[str, DataFrame]
) -> dict[str, known.Known]:
    return {
        name: _kept(lake.pipeline.silver[name], rows, table.lookback_days)
        for name, rows in frames.items()
    }


def _kept(table: SilverTable, rows: DataFrame, lookback_days: int | None) -> known.Known:
    types = dict(rows.dtypes)
    shaped = columns_of(rows, but=("_known_date", *HISTORY))
    return known.Known(
        kind="append" if table.write == "append" else "scd2",
        columns=tuple(shaped),
        keys=tuple(table.keys),
        valid_from_type=_time_type(types.get("valid_from")),
        cluster_by=table.cluster_by,
        cluster_type=_time_type(types.get(table.cluster_by or "")),
        lookback_days=lookback_days,
    )


def _time_type(name: str | None) -> known.TimeType:
    if name == "date":
        return "date"
    return "timestamp_ntz" if name == "timestamp_ntz" else "timestamp"
