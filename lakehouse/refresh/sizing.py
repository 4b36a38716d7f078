"""Fit a refresh to the size of its data: small tables and small batches take other ways in Spark.

    stored  batch              session of the refresh     frames that are read twice
    tiny    any                tuned for small tables     collected, if they have few rows
    small   few rows, a day    tuned for small tables     collected, if they have few rows
    large   few rows           as configured              collected, if they have few rows
    any     many rows          as configured              cached by the executors

The results are the same. What is stored is measured on a local disk; in other storage, where a
cluster does the work, only the number of rows in the batch counts.
"""

from __future__ import annotations

from dataclasses import replace

from lakehouse.refresh.batch import Batch, FileBatch
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.storage.session import is_connect, tune_for_small_tables

TINY_TABLES = 2**19
"""The most bytes of a table and its inputs together of which everything can be computed."""
SMALL_TABLES = 16 * 2**20
"""The most bytes of a table and its inputs together for which a small batch is light."""


def fit_to_tables(context: RunContext, definition: Definition) -> RunContext:
    """Before the batch is known: tune the session, which is that of this refresh alone, where the
    table is tiny, or is gold that exists, whose affected groups are computed to know the batch."""
    if is_connect(context.spark) or definition.kind.name == "bronze":
        return context
    size = _stored_size(context, definition)
    exists = context.tables.local_size(definition.name) != 0
    limit = SMALL_TABLES if definition.kind.name == "gold" and exists else TINY_TABLES
    if size is None or size > limit:
        return context
    tune_for_small_tables(context.spark)
    return replace(context, collects=True)


def fit_to_batch(context: RunContext, definition: Definition, batch: Batch) -> RunContext:
    """Collect the rows of a small batch, and tune the session if the stored tables are small too;
    new files are appended to a table of any size, without reading it."""
    if is_connect(context.spark) or not batch.is_small:
        return context
    size = _stored_size(context, definition)
    if size is not None and (isinstance(batch, FileBatch) or size <= SMALL_TABLES):
        tune_for_small_tables(context.spark)
    return replace(context, collects=True)


def _stored_size(context: RunContext, definition: Definition) -> int | None:
    sizes = [context.tables.local_size(name) for name in (definition.name, *definition.inputs)]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None
