"""What the name of an input stands for in gold: its rows now, its changes, its rows before."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.layers import changes
from lakehouse.layers.lake import Lake
from lakehouse.layers.scd2 import HISTORY
from lakehouse.storage.tables import columns_of


def now(lake: Lake, name: str, version: int) -> DataFrame:
    """The input at a version; of an ``scd2`` table its current rows."""
    return _current(lake, name, lake.tables.read(name, version))


def images(lake: Lake, name: str, since: int, until: int) -> DataFrame:
    """Rows before and after every change between two versions."""
    return _current(lake, name, changes.images(lake.tables, name, since, until))


def now_and_before(lake: Lake, name: str, since: int, until: int) -> DataFrame:
    """The input as it is, with the rows that went away since: some key may be known from them."""
    whole = now(lake, name, until)
    if since == until:
        return whole
    gone = _current(lake, name, changes.images(lake.tables, name, since, until, old=True))
    return whole.unionByName(gone, allowMissingColumns=True)


def _current(lake: Lake, name: str, rows: DataFrame) -> DataFrame:
    declared = lake.pipeline.silver.get(name)
    if declared is None or declared.write != "scd2":
        return rows.drop("_known_date")
    return rows.where(F.col("is_current")).select(*columns_of(rows, but=HISTORY))
