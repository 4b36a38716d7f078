"""The identity of a bronze row: its file, its content and its occurrence number.

A file with the same line twice has two rows. A file that was changed and loaded again has the rows
of the first load, which keep their identity, and possibly others.

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


def number_occurrences(rows: DataFrame) -> DataFrame:
    """Add ``_occurrence``: numbers equal rows of one load of a file from 1."""
    equal = Window.partitionBy("_source_file", "_row_hash", "_run_id").orderBy(F.lit(1))
    return rows.withColumn("_occurrence", F.row_number().over(equal))


def drop_rows_loaded_before(rows: DataFrame, before: DataFrame | None) -> DataFrame:
    """Deduplicate rows of bronze by identity: keep the first load, and none that ``before`` has.

    Where rows have ``_known_until``, rows of a replaced load and of the next one are distinct.
    """
    numbered = number_occurrences(rows)
    replaced = [name for name in (KNOWN_UNTIL,) if name in rows.columns]
    first = Window.partitionBy(*IDENTITY, *replaced).orderBy("_known_date", "_run_id")
    unique = numbered.withColumn("_rank", F.row_number().over(first)).where("_rank = 1")
    if before is not None:
        loaded = number_occurrences(before).select(*IDENTITY)
        unique = unique.join(loaded, list(IDENTITY), "left_anti")
    return unique.select(*rows.columns)
