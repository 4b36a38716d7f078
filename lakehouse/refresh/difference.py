"""Turn the rows of a table into the wanted rows, in one MERGE.

Rows are compared by all of their columns, and equal rows are counted. Where the counts of a
content differ, all of its rows are deleted and the wanted number is inserted:

    held  a a b     wanted  a c c     source of the MERGE   a delete, a insert, b delete,
                                                            c insert, c insert
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

ACTION = "_action"
MATCHES = f"s.{ACTION} = 'delete'"
"""A further condition of the MERGE, so that rows to insert match nothing."""


def merge_source(held: DataFrame, wanted: DataFrame) -> DataFrame:
    """The source of a MERGE that turns the rows ``held`` into the rows ``wanted``.

    Grain: one row per row to insert, and per content to delete (``_action``). A column that
    ``wanted`` lacks is NULL there.
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
    empty = F.array().cast("array<string>")
    deletes = F.when(F.col("_held") > 0, F.array(F.lit("delete"))).otherwise(empty)
    inserts = F.array_repeat(F.lit("insert"), F.col("_wanted").cast("int"))
    return differing.where("_held <> _wanted").select(
        *names, F.explode(F.concat(deletes, inserts)).alias(ACTION)
    )


def merge_clauses(columns: list[str]) -> str:
    """The clauses for ``merge_source``, matched on all columns and ``MATCHES``."""
    listed = ", ".join(f"`{name}`" for name in columns)
    values = ", ".join(f"s.`{name}`" for name in columns)
    return (
        "WHEN MATCHED THEN DELETE "
        f"WHEN NOT MATCHED AND s.{ACTION} = 'insert' THEN INSERT ({listed}) VALUES ({values})"
    )
