"""Join Spark's Arrow batches into larger ones, to spread a model's cost per call over more rows."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

Batches = Iterator[pa.RecordBatch]
ROWS = 50_000
"""A call of 120 boosted trees costs as much as 1,000 rows: a tenth of Spark's batch of 10,000."""
BYTES = 32 * 2**20
"""Wide rows make smaller batches, so that a worker's memory does not grow with the columns."""


def join_batches(batches: Batches, rows: int = ROWS, size: int = BYTES) -> Batches:
    """The same rows in the same order, in batches that are handed on as soon as they have ``rows``
    rows or ``size`` bytes. A batch is never divided, and an empty one is handed on only with others
    or as the last.
    """
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if _is_enough(waiting, rows, size):
            yield pa.concat_batches(waiting)
            waiting = []
    if waiting:
        yield pa.concat_batches(waiting)


def _is_enough(waiting: list[pa.RecordBatch], rows: int, size: int) -> bool:
    known: int = sum(batch.num_rows for batch in waiting)
    held: int = sum(batch.nbytes for batch in waiting)
    return known >= rows or held >= size
