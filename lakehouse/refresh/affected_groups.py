"""Affected groups: the groups of a gold table that changes of its inputs can alter.

For each changed input, the table's key expressions are evaluated over the changes of that input,
joined with all rows of the other inputs, deleted ones included. The union of these keys is
recomputed. ``sql.affected_keys`` has the proof.

Example: gold.revenue groups silver.orders by the city of silver.stores, and was refreshed when both
tables were at version 3. Since then one store has changed_inputs.

    silver.stores  version  rows of its change feed
                   4        update_preimage (a, Ripe), update_postimage (a, Ribe)
    silver.orders  3        none

The query of ``sql.affected_keys`` for silver.stores reads the two images instead of
silver.stores, and all of silver.orders. An order of store a joins both, so the affected groups are
Ripe and Ribe: Ripe loses the order, Ribe gains it. The other cities are not recomputed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.sql import DataFrame

from lakehouse.refresh import change_feed
from lakehouse.refresh.batch import Batch
from lakehouse.refresh.change_feed import Feed
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.sql import bind
from lakehouse.sql.affected_keys import select_affected_keys
from lakehouse.sql.query import Query

MAX_AFFECTED = 20_000
"""With more affected groups than this, recomputing all groups is cheaper."""


def find_affected_groups(
    context: RunContext,
    definition: Definition,
    query: Query,
    batch: Batch,
    changed_inputs: Sequence[str],
) -> DataFrame | None:
    """The distinct keys of the affected groups; None where there are more than MAX_AFFECTED.

    The keys are collected because they are few, used three times, and costly to compute. They
    are collected as Arrow: Python's local time is ambiguous when clocks are set back.
    """
    # 1. For each input with changes, the keys that its changes affect.
    feeds = _read_feeds(context, batch, changed_inputs)
    current = {
        name: change_feed.read_current_rows(context, name, batch.inputs[name].version)
        for name in definition.inputs
    }
    keys_by_input = [
        bind.run(
            context.spark,
            select_affected_keys(
                query, definition.keys, name, [other for other in changed_inputs if other != name]
            ),
            _bind_inputs(current, feeds, name),
        )
        for name in changed_inputs
    ]
    # 2. Their union, collected once, unless there are too many.
    affected = reduce(DataFrame.unionByName, keys_by_input).distinct()
    keys = affected.limit(MAX_AFFECTED + 1).toArrow()
    if keys.num_rows > MAX_AFFECTED:
        return None
    return context.spark.createDataFrame(keys, affected.schema)


def _read_feeds(context: RunContext, batch: Batch, names: Sequence[str]) -> dict[str, Feed]:
    since = batch.since or batch.inputs
    return {
        name: change_feed.read_feed(context, name, since[name], batch.inputs[name])
        for name in names
    }


def _bind_inputs(
    current: Mapping[str, DataFrame], feeds: Mapping[str, Feed], changed: str
) -> dict[str, DataFrame]:
    """The changes of one input; of the others the current and the deleted rows."""
    frames = dict(current)
    for name, feed in feeds.items():
        is_changed = name == changed
        frames[name] = feed.images() if is_changed else feed.add_deleted(current[name])
    return frames
