"""Which groups of a gold table the changes of its inputs affect, asked of the table's own SQL.

Its key expressions over the changes of one input, the others whole with the rows that went away
besides; the union over all changed inputs is computed again. ``sql.affected_keys`` has the proof.

Example: gold.revenue groups silver.orders by the city of silver.stores, and was refreshed when both
tables were at version 3. Since then one store has moved.

    silver.stores  version  rows of its change feed
                   4        update_preimage (a, Ripe), update_postimage (a, Ribe)
    silver.orders  3        none

The query of ``sql.affected_keys`` for silver.stores reads the two images in the place of
silver.stores, and silver.orders whole. An order of store a joins both, so the affected groups are
Ripe and Ribe: Ripe loses the order, Ribe gains it. The other cities are not computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame

from lakehouse.refresh import change_feed
from lakehouse.refresh.batch import Batch
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.sql import bind
from lakehouse.sql.affected_keys import select_affected_keys
from lakehouse.sql.query import Query

MOST_AFFECTED = 20_000
"""Beyond so many groups, computing all of them is the cheaper way to the same rows."""


def find_affected_groups(
    context: RunContext, definition: Definition, query: Query, batch: Batch, moved: Sequence[str]
) -> DataFrame | None:
    """The keys of the groups that the changes affect; None where there are too many.

    They are fetched, since the question is long and its answer short and needed three times; as
    Arrow, because Python's local time knows an hour of autumn twice.
    """
    # 1. For each input with changes, the keys that its changes affect.
    answers = [
        bind.run(
            context.spark,
            select_affected_keys(
                query, definition.keys, name, [other for other in moved if other != name]
            ),
            _inputs_around_changes(context, definition, batch, name),
        )
        for name in moved
    ]
    # 2. Their union, fetched once; too many groups are not worth a list.
    question = reduce(DataFrame.unionByName, answers).distinct()
    keys = question.limit(MOST_AFFECTED + 1).toArrow()
    if keys.num_rows > MOST_AFFECTED:
        return None
    return context.spark.createDataFrame(keys, question.schema)


def _inputs_around_changes(
    context: RunContext, definition: Definition, batch: Batch, changed: str
) -> dict[str, DataFrame]:
    """The inputs with the changes of one in its place; the others as they are and as they were."""
    frames = {}
    for name in definition.inputs:
        until = batch.inputs[name].version
        since = (batch.since or batch.inputs)[name].version
        if name == changed:
            frames[name] = change_feed.images(context, name, since, until)
        else:
            frames[name] = change_feed.rows_now_and_before(context, name, since, until)
    return frames
