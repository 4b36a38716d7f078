"""The rows of a silver table: bronze rows, protected and transformed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import SilverTable
from lakehouse.errors import DeclarationError
from lakehouse.privacy.protect import protect
from lakehouse.refresh import python_transform
from lakehouse.refresh.branches import unite_rows
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.lookups import read_lookups_as_of
from lakehouse.sources.read import read_files
from lakehouse.sql import bind
from lakehouse.sql.hidden_columns import HIDDEN, KNOWN_DATE, add_hidden_columns
from lakehouse.sql.point_in_time import KNOWN_UNTIL


def transform(context: RunContext, definition: Definition, rows: DataFrame) -> DataFrame:
    """Protect and transform the rows; ``_known_until`` is kept where they have it."""
    table = definition.table
    if not isinstance(table, SilverTable):
        raise DeclarationError("not a silver table", where=definition.where)
    columns = context.pipeline.bronze[table.source].columns
    key = context.key
    protected = protect(rows, columns, context.policy, key, context.spark)
    lookups = read_lookups_as_of(context, table, protected)
    frames: Mapping[str, DataFrame] = {table.source: protected, **lookups}
    until = tuple(name for name in (KNOWN_UNTIL,) if name in rows.columns)
    if definition.query is None:
        return python_transform.run(table, frames, on=context.run.end, needs=HIDDEN + until)
    query = add_hidden_columns(definition.query, table.source, until) if until else definition.query
    return bind.run(context.spark, query, frames)


def unite(
    context: RunContext, definition: Definition, rows: Sequence[tuple[Definition, DataFrame]]
) -> DataFrame:
    """The transformed rows of the sources, each with the definition of its branch, in one frame."""
    if not definition.branches:
        return rows[0][1]
    first = definition.branches[0]
    if rows[0][0] is first:
        return unite_rows(definition, rows, rows[0][1])
    none = read_files(context.spark, context.pipeline.bronze[first.sources[0]], ())
    none = none.withColumn(KNOWN_DATE, F.lit(None).cast("date"))
    return unite_rows(definition, rows, transform(context, first, none))
