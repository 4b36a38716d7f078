"""The identity of a bronze row: its file, its content and its occurrence number.

A file that holds the same line twice holds two rows. A file that was changed and loaded again
holds the rows that were there before, which are the same rows, and perhaps others.

    _source_file  _row_hash  _run_id  _occurrence
    a.csv         x          run 1    1
    a.csv         x          run 1    2
    a.csv         x          run 2    1            the same row as the first
    a.csv         y          run 2    1            a new row
"""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.sql.point_in_time import KNOWN_UNTIL

IDENTITY = ("_source_file", "_row_hash", "_occurrence")


def with_occurrence(rows: DataFrame) -> DataFrame:
    """The rows with ``_occurrence``, counted from 1 among the equal rows of a file's one load."""
    equal = Window.partitionBy("_source_file", "_row_hash", "_run_id").orderBy(F.lit(1))
    return rows.withColumn("_occurrence", F.row_number().over(equal))


def without_rows_loaded_before(rows: DataFrame, before: DataFrame | None) -> DataFrame:
    """Rows of bronze, each identity once: as it was loaded first, and not if ``before`` has it.

    Where rows have ``_known_until``, a content that was replaced is another one than that after it.
    """
    numbered = with_occurrence(rows)
    replaced = [name for name in (KNOWN_UNTIL,) if name in rows.columns]
    first = Window.partitionBy(*IDENTITY, *replaced).orderBy("_known_date", "_run_id")
    unique = numbered.withColumn("_rank", F.row_number().over(first)).where("_rank = 1")
    if before is not None:
        loaded = with_occurrence(before).select(*IDENTITY)
        unique = unique.join(loaded, list(IDENTITY), "left_anti")
    return unique.select(*rows.columns)
