"""Fit a refresh to the size of its data: small tables and small batches take other ways in Spark.

    stored  batch          session of the refresh     frames that are read twice
    small   any            tuned for small tables     collected, if they have few rows
    large   few rows       as configured              collected
    large   many rows      as configured              cached by the executors

The results are the same. What is small is measured on a local disk; in other storage, where a
cluster does the work, only the number of rows in the batch counts.
"""

from __future__ import annotations

from dataclasses import replace

from lakehouse.refresh.batch import Batch, FileBatch
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.storage.session import is_connect, tune_for_small_tables

SMALL_TABLES = 16 * 2**20
"""The most bytes that a table and its inputs have together if they are small."""


def fit(context: RunContext, definition: Definition, batch: Batch) -> RunContext:
    """The context for the rest of the refresh; its session is that of this refresh alone."""
    if is_connect(context.spark):
        return context
    is_small = _is_small(context, definition, batch)
    if is_small:
        tune_for_small_tables(context.spark)
    return replace(context, collects=is_small or batch.is_small)


def _is_small(context: RunContext, definition: Definition, batch: Batch) -> bool:
    if isinstance(batch, FileBatch):
        return batch.is_small
    sizes = [context.tables.local_size(name) for name in (definition.name, *definition.inputs)]
    return all(size is not None for size in sizes) and sum(filter(None, sizes)) <= SMALL_TABLES
