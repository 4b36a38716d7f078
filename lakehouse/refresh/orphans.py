"""Silver rows whose bronze rows are gone: a full refresh keeps them, since nothing else has them.

A row is an orphan when bronze holds no row of the day on which it became known: retention of
bronze takes whole days. (Single rows that were removed on purpose, such as those of a person who
asked to be forgotten, are no orphans and do not come back.)
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import SilverTable
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition


def orphans_of(context: RunContext, definition: Definition) -> DataFrame | None:
    """The stored rows that a whole write must keep; None where there are none."""
    if context.run.drop_orphans or count_orphans(context, definition)[0] == 0:
        return None
    return _orphans(context, definition)


def count_orphans(context: RunContext, definition: Definition) -> tuple[int, int]:
    """How many rows, of how many days, a rebuild from the source alone would lose."""
    rows = _orphans(context, definition)
    if rows is None:
        return 0, 0
    known = known_column(definition)
    counted = rows.agg(F.count(F.lit(1)), F.count_distinct(known)).first()
    return (counted[0], counted[1]) if counted else (0, 0)


def with_orphans(
    context: RunContext, definition: Definition, rows: DataFrame
) -> tuple[DataFrame, int]:
    """``rows`` and the orphans that a whole write keeps, and how many these are."""
    orphans = orphans_of(context, definition)
    if orphans is None:
        return rows, 0
    kept = context.keep(_in_form(orphans, rows))
    return rows.unionByName(kept, allowMissingColumns=True), kept.count()


def replaced_orphans(
    context: RunContext, definition: Definition, table: str, rows: DataFrame
) -> DataFrame | None:
    """The rows of ``table``, which keeps what left the definition's own, that a whole write must
    keep, in the form of ``rows``; None where there are none."""
    if context.run.drop_orphans:
        return None
    stored = context.tables.read(table)
    return context.keep(_in_form(_of_gone_days(context, definition, stored, "_known_date"), rows))


def known_column(definition: Definition) -> str:
    """The column that says when a row became known."""
    table = definition.table
    is_history = isinstance(table, SilverTable) and table.keeps_history
    return "known_from" if is_history else "_known_date"


def _orphans(context: RunContext, definition: Definition) -> DataFrame | None:
    if context.progress.state(context.tables, definition.name) is None:
        return None
    stored, known = context.tables.read(definition.name), known_column(definition)
    if known not in stored.columns:
        return None
    return _of_gone_days(context, definition, stored, known)


def _of_gone_days(
    context: RunContext, definition: Definition, stored: DataFrame, known: str
) -> DataFrame:
    source = context.tables.read(definition.inputs[0])
    days = source.select(F.col("_known_date").alias("_day")).distinct()
    return stored.join(F.broadcast(days), F.col(known) == F.col("_day"), "left_anti")


def _in_form(orphans: DataFrame, rows: DataFrame) -> DataFrame:
    """The orphans with the columns and types of the rows; a value that does not fit is NULL."""
    types = dict(rows.dtypes)
    names = [name for name in orphans.columns if name in types]
    return orphans.select(*[F.col(f"`{name}`").try_cast(types[name]).alias(name) for name in names])
