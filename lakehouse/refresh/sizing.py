"""Fit a refresh to the size of its data: small tables and small batches take other ways in Spark.

    stored  batch              session of the refresh     frames that are read twice
    tiny    any                tuned for small tables     collected, if they have few rows
    small   few rows, a day    tuned for small tables     collected, if they have few rows
    large   few rows           as configured              collected, if they have few rows
    any     many rows          as configured              cached by the executors, compressed where
                                                          there are very many

The results are the same. What is stored is measured on a local disk; in other storage, where a
cluster does the work, only the number of rows in the batch counts.
"""

from __future__ import annotations

from dataclasses import replace

from lakehouse.refresh.batch import Batch, FileBatch
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.storage.session import (
    cache_without_compression,
    is_connect,
    sibling,
    tune_for_small_tables,
)

TINY_TABLES = 2**19
"""The most bytes of a table and its inputs together of which everything can be computed."""
SMALL_TABLES = 16 * 2**20
"""The most bytes of a table and its inputs together for which a small batch is light."""

PLAIN_BYTES = 2**29
"""The most bytes of new files whose rows are cached without compression."""
PLAIN_ROWS = 2_000_000
"""The most source rows of a batch that are cached without compression."""


def fit_to_tables(context: RunContext, definition: Definition) -> RunContext:
    """Before the batch is known: tune the session, which is that of this refresh alone, where the
    table is tiny, or is gold that exists, whose affected groups are computed to know the batch."""
    if is_connect(context.spark) or definition.kind.name == "bronze":
        return context
    is_gold = definition.kind.name == "gold"
    exists = is_gold and context.progress.state(context.tables, definition.name) is not None
    if not _is_stored_within(context, definition, SMALL_TABLES if exists else TINY_TABLES):
        return context
    tune_for_small_tables(context.spark)
    return replace(context, collects=True)


def fit_to_batch(context: RunContext, definition: Definition, batch: Batch) -> RunContext:
    """Collect the rows of a small batch, and tune the session if the stored tables are small too;
    new files are appended to a table of any size, without reading it.

    Compressing a larger batch costs more than half of its parsing, so only one that would fill the
    memory is compressed.
    """
    if is_connect(context.spark):
        return context
    if not batch.is_small:
        if _fits_in_memory(batch):
            cache_without_compression(context.spark)
        return context
    if isinstance(batch, FileBatch):
        is_light = context.tables.local_folder(definition.name) is not None
    else:
        is_light = _is_stored_within(context, definition, SMALL_TABLES)
    if is_light:
        tune_for_small_tables(context.spark)
    return replace(context, collects=True)


def fit_to_preview(context: RunContext, definition: Definition) -> RunContext:
    """A tuned session for a preview of small tables, which plans more than it computes."""
    if is_connect(context.spark) or not _is_stored_within(context, definition, SMALL_TABLES):
        return context
    fitted = context.on(sibling(context.spark))
    tune_for_small_tables(fitted.spark)
    return fitted


def _fits_in_memory(batch: Batch) -> bool:
    if isinstance(batch, FileBatch):
        return batch.length <= PLAIN_BYTES
    return batch.source_row_count is not None and batch.source_row_count <= PLAIN_ROWS


def _is_stored_within(context: RunContext, definition: Definition, limit: int) -> bool:
    """Whether the table and its inputs are on a local disk, with at most ``limit`` bytes."""
    total = 0
    for name in (definition.name, *definition.inputs):
        size = context.tables.local_size(name, most=limit - total)
        if size is None or total + size > limit:
            return False
        total += size
    return True
