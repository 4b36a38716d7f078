"""Rows of a ``RowSource`` as typed bronze rows."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from lakehouse.config.declarations import BronzeTable
from lakehouse.sources.by_name import open_by_name
from lakehouse.sources.declared import declared_types
from lakehouse.sources.new_columns import added_columns, with_added
from lakehouse.sources.rescue import cast_and_rescue


def type_rows(
    spark: SparkSession, rows: DataFrame, table: BronzeTable, *, origin: str
) -> DataFrame:
    """The declared columns in order, ``_rescued_data``, ``_source_file`` (``origin``) and ``_day``,
    which is NULL: the rows belong to the run's day. Same grain.

    With ``on_new_column: add_new_columns`` new columns follow the declared ones as strings. Raises
    DeclarationError for a new column under ``fail_on_new_columns``.
    """
    types = declared_types(spark, table)
    frame = rows.withColumn("_source_file", F.lit(origin))
    opened = open_by_name(frame, table, types, place=origin)
    added = added_columns(table, [opened])
    types |= {name: T.StringType() for name in added}
    return cast_and_rescue(with_added(opened, added), types, table.columns, {}).withColumn(
        "_day", F.lit(None).cast("date")
    )
