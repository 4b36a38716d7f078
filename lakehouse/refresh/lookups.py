"""Point-in-time lookups of a silver transformation: read as of each row's business day."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import SilverTable
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.history import HISTORY
from lakehouse.refresh.point_in_time import read_as_of_days
from lakehouse.refresh.precedence import PRECEDENCE
from lakehouse.refresh.replaced_rows import add_replaced, has_any
from lakehouse.storage.tables import columns_of


def read_lookups_as_of(
    context: RunContext, table: SilverTable, rows: DataFrame
) -> dict[str, DataFrame]:
    """The lookups by name, as of every ``_known_date`` in ``rows``. See ``read_as_of_days``."""
    days = rows.select(F.col("_known_date").alias("_day")).distinct()
    return {
        name: _read_as_of(context, context.pipeline.silver[name], days) for name in table.lookups
    }


def _read_as_of(context: RunContext, lookup: SilverTable, days: DataFrame) -> DataFrame:
    stored = context.tables.read(lookup.table)
    columns = columns_of(stored, but=("_known_date", PRECEDENCE, *HISTORY))
    if not lookup.keeps_history:
        stored = add_replaced(context, lookup.table, stored)
    return read_as_of_days(
        stored,
        days,
        keeps_history=lookup.keeps_history,
        keys=columns if lookup.drop_exact_repeats else lookup.keys,
        sequence_type=dict(stored.dtypes).get("valid_from"),
        zone=lookup.info.timezone,
        columns=columns,
        has_replaced=has_any(context, lookup.table),
    )
