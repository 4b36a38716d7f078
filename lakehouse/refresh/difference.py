"""The rows that a table holds and should not, and those that it lacks, in one MERGE.

A row is known by all of its columns; where a table keeps equal rows, how many there are counts.
A content that is held another number of times than it should be goes and comes again:

    held  a a b     wanted  a c c     source of the MERGE   a delete, a insert, b delete,
                                                            c insert, c insert
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

ACTION = "_action"
MATCHES = f"s.{ACTION} = 'delete'"
"""What a MERGE asks for beside equal columns: rows to insert match nothing."""


def merge_source(held: DataFrame, wanted: DataFrame) -> DataFrame:
    """What turns the rows of ``held`` into those of ``wanted``, as rows with ``_action``.

    Grain: one row for each row to insert, and for each content to delete. A column that ``wanted``
    lacks is NULL there.
    """
    names = held.columns
    absent = {f.name: F.lit(None).cast(f.dataType) for f in held.schema if f.name not in
              wanted.columns}  # fmt: skip
    sides = (
        held.select(*names, F.lit(1).alias("_held"), F.lit(0).alias("_wanted")),
        wanted.withColumns(absent).select(
            *names, F.lit(0).alias("_held"), F.lit(1).alias("_wanted")
        ),
    )
    counted = sides[0].unionByName(sides[1]).groupBy(*names)
    differing = counted.agg(F.sum("_held").alias("_held"), F.sum("_wanted").alias("_wanted"))
    none = F.array().cast("array<string>")
    goes = F.when(F.col("_held") > 0, F.array(F.lit("delete"))).otherwise(none)
    comes = F.array_repeat(F.lit("insert"), F.col("_wanted").cast("int"))
    return differing.where("_held <> _wanted").select(
        *names, F.explode(F.concat(goes, comes)).alias(ACTION)
    )


def merge_clauses(columns: list[str]) -> str:
    """The clauses of the MERGE of a ``merge_source``, matched on all columns and ``MATCHES``."""
    listed = ", ".join(f"`{name}`" for name in columns)
    given = ", ".join(f"s.`{name}`" for name in columns)
    return (
        "WHEN MATCHED THEN DELETE "
        f"WHEN NOT MATCHED AND s.{ACTION} = 'insert' THEN INSERT ({listed}) VALUES ({given})"
    )
