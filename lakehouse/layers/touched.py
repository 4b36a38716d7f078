"""Which groups of a gold table the changes of its inputs touch, asked of the table's own SQL.

Its key expressions over the changes of one input, the others whole with the rows that went away
besides; the union over all changed inputs is computed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame

from lakehouse.config.declarations import GoldTable
from lakehouse.layers import inputs, shapes
from lakehouse.layers.changes import version_read
from lakehouse.layers.lake import Lake, shape_hash
from lakehouse.sql import bind, incremental
from lakehouse.sql.query import Query
from lakehouse.sql.touched import touched_keys

MOST_TOUCHED = 20_000


@dataclass(frozen=True)
class Reading:
    """The versions of the inputs now, and those read before (None: never, so all is computed)."""

    now: dict[str, int]
    before: dict[str, int] | None

    def moved(self) -> list[str]:
        """The inputs that changed since they were read."""
        before = self.before or {}
        return [name for name, version in self.now.items() if before.get(name) != version]


def reading_of(lake: Lake, table: GoldTable, now: dict[str, int]) -> Reading:
    """What the table would read now, and what it has read; nothing, when its shape is another."""
    last = None if lake.run.full_refresh else lake.tables.last_tagged(table.table)
    if last is None or last.tag.get("shape") != shape_hash(table):
        return Reading(now, None)
    before = {name: version_read(last, name) for name in table.inputs}
    if None in before.values():
        return Reading(now, None)
    return Reading(now, {name: version for name, version in before.items() if version is not None})


def gold_query(table: GoldTable) -> Query:
    """The table's SQL, checked to be sound for its ``write``."""
    query = shapes.query(table)
    if table.write == "replace_keys":
        incremental.check(query, table.keys)
    return query


def touched_groups(lake: Lake, table: GoldTable, reading: Reading) -> DataFrame | None:
    """Keys of the groups that the changes touch; None where all groups are computed.

    They are fetched, since the question is long and its answer short and needed three times. When
    it is not short, computing all groups is the cheaper way to the same rows.
    """
    if reading.before is None or table.write == "rebuild" or not shapes.is_sql(table):
        return None
    query, moved = gold_query(table), reading.moved()
    answers = [
        bind.run(
            lake.spark,
            touched_keys(query, table.keys, name, [other for other in moved if other != name]),
            _in_the_place_of(lake, table, reading, name),
        )
        for name in moved
    ]
    question = reduce(DataFrame.unionByName, answers).distinct()
    keys = question.limit(MOST_TOUCHED + 1).collect()
    if len(keys) > MOST_TOUCHED:
        return None
    return lake.spark.createDataFrame(keys, question.schema)


def _in_the_place_of(
    lake: Lake, table: GoldTable, reading: Reading, changed: str
) -> dict[str, DataFrame]:
    """The inputs with the changes of one in its place; the others as they are and as they were."""
    before = reading.before or {}
    frames = {}
    for name in table.inputs:
        since, until = before[name], reading.now[name]
        if name == changed:
            frames[name] = inputs.images(lake, name, since, until)
        else:
            frames[name] = inputs.now_and_before(lake, name, since, until)
    return frames
