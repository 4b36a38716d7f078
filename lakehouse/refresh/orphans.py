"""Orphans: silver rows whose bronze rows no longer exist. A full refresh keeps them.

A row is an orphan where its source has no row with its ``_known_date``, since retention removes
complete days from bronze. Rows that were erased on purpose are not orphans and are not kept.
"""

from __future__ import annotations

from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import SilverTable
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.precedence import precedence_columns


def read_orphans(context: RunContext, definition: Definition) -> DataFrame | None:
    """The stored rows that an overwrite must keep; None where there are none."""
    if context.run.drop_orphans or count_orphans(context, definition)[0] == 0:
        return None
    return _find_orphans(context, definition)


def count_orphans(context: RunContext, definition: Definition) -> tuple[int, int]:
    """The numbers of rows and of days that a rebuild from the source would lose."""
    rows = _find_orphans(context, definition)
    if rows is None:
        return 0, 0
    known = known_column(definition)
    counted = rows.agg(F.count(F.lit(1)), F.count_distinct(known)).first()
    return (counted[0], counted[1]) if counted else (0, 0)


def add_orphans(
    context: RunContext, definition: Definition, rows: DataFrame
) -> tuple[DataFrame, int]:
    """``rows`` with the orphans that an overwrite keeps, and the number of orphans."""
    orphans = read_orphans(context, definition)
    if orphans is None:
        return rows, 0
    kept = context.keep(_conform(orphans, rows))
    return rows.unionByName(kept, allowMissingColumns=True), kept.count()


def read_replaced_orphans(
    context: RunContext, definition: Definition, table: str, rows: DataFrame
) -> DataFrame | None:
    """The orphans of ``table``, which holds the replaced rows of the definition's table.

    They have the columns and types of ``rows``. None where orphans are dropped.
    """
    if context.run.drop_orphans:
        return None
    stored = context.tables.read(table)
    return context.keep(
        _conform(_without_bronze_day(context, definition, stored, "_known_date"), rows)
    )


def find_expired(context: RunContext, definition: Definition, stored: DataFrame) -> DataFrame:
    """The stored rows of days before the first one that their source still has."""
    days, ranks = _days_of_sources(context, definition, stored)
    first = F.broadcast(days.groupBy(*ranks).agg(F.min("_day").alias("_first")))
    is_before = [F.col(known_column(definition)) < F.col("_first")]
    return stored.join(first, is_before + [stored[n] == first[n] for n in ranks], "left_semi")


def known_column(definition: Definition) -> str:
    """The column with the date on which a row became known."""
    table = definition.table
    is_history = isinstance(table, SilverTable) and table.keeps_history
    return "known_from" if is_history else "_known_date"


def _find_orphans(context: RunContext, definition: Definition) -> DataFrame | None:
    if context.progress.state(context.tables, definition.name) is None:
        return None
    stored, known = context.tables.read(definition.name), known_column(definition)
    if known not in stored.columns:
        return None
    return _without_bronze_day(context, definition, stored, known)


def _without_bronze_day(
    context: RunContext, definition: Definition, stored: DataFrame, known: str
) -> DataFrame:
    days, ranks = _days_of_sources(context, definition, stored)
    days = F.broadcast(days.distinct())
    same = [F.col(known) == F.col("_day"), *[stored[name] == days[name] for name in ranks]]
    return stored.join(days, same, "left_anti")


def _days_of_sources(
    context: RunContext, definition: Definition, stored: DataFrame
) -> tuple[DataFrame, list[str]]:
    """The day ``_day`` of each row of the sources, and the columns that tell its source: of several
    sources ``_precedence``, where the stored rows have it. A source that does not exist yet has
    no rows."""
    ranks = precedence_columns(stored.columns) if definition.branches else []
    days = [
        context.tables.read(source).select(
            F.col("_known_date").alias("_day"), *[F.lit(place).alias(name) for name in ranks]
        )
        for place, source in enumerate(definition.sources, start=1)
        if not definition.branches or context.progress.state(context.tables, source) is not None
    ]
    return reduce(DataFrame.unionByName, days), ranks


def _conform(orphans: DataFrame, rows: DataFrame) -> DataFrame:
    """Cast the orphans to the types of ``rows``; a value that does not fit becomes NULL."""
    types = dict(rows.dtypes)
    names = [name for name in orphans.columns if name in types]
    return orphans.select(*[F.col(f"`{name}`").try_cast(types[name]).alias(name) for name in names])
