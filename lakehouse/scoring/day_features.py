"""The features that a batch of days is scored from."""

from __future__ import annotations

from pyspark.sql import DataFrame

from lakehouse.refresh.batch import DayBatch
from lakehouse.refresh.context import RunContext


def features_of(context: RunContext, table: str, batch: DayBatch) -> DataFrame:
    """The features of the batch's days, at the version that it reads."""
    days = f"as_of >= DATE'{batch.days[0]}' AND as_of <= DATE'{batch.days[-1]}'"
    return context.tables.read(table, batch.inputs[table].version).where(days)
