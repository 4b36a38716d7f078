"""``write: replace_keys``: replace the affected groups, and leave the others unchanged."""

from __future__ import annotations

from functools import reduce
from operator import and_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.refresh.batch import Batch, GroupBatch
from lakehouse.refresh.change_feed import count_written
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.key_filter import is_insert_only
from lakehouse.refresh.write_modes.append_rows import append_rows
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.refresh.write_modes.rebuild import Rebuild
from lakehouse.storage import writes


class ReplaceKeys:
    """One MERGE that updates changed groups, inserts new ones and deletes vanished ones."""

    name = "replace_keys"
    supersedes = False

    def write(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked, tag: Tag
    ) -> Written:
        """Replace the affected groups, or all groups where the batch has them all."""
        affected = _affected_keys(batch)
        if affected is None:
            return Rebuild().write(context, definition, batch, checked, tag)
        keys, tables = definition.keys, context.tables
        if is_insert_only(tables, definition.name, affected, keys):
            return append_rows(tables, definition.name, checked.rows, tag)
        commit = writes.merge(
            tables,
            definition.name,
            merge_source(checked.rows, affected, keys),
            on=keys,
            clauses=merge_clauses(checked.rows.columns, keys),
            tag=tag,
        )
        metrics = ("numTargetRowsInserted", "numTargetRowsUpdated")
        return Written(commit, count_written(tables, definition.name, commit, metrics))

    def table_after(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> DataFrame:
        """The stored groups that are not affected, and the groups of the batch."""
        affected = _affected_keys(batch)
        if affected is None:
            return rows
        stored = context.tables.read(definition.name)
        same = same_keys(stored, affected, definition.keys)
        others = stored.join(affected, same, "left_anti")
        return others.select(*rows.columns).unionByName(rows)


def merge_source(groups: DataFrame, affected: DataFrame, keys: list[str]) -> DataFrame:
    """Grain: one row per affected key; ``_present`` is NULL where its group has vanished."""
    marked = groups.withColumn("_present", F.lit(True))
    keys_only = affected.select(*keys)
    joined = keys_only.join(marked, same_keys(keys_only, marked, keys), "left")
    return joined.select(
        *[keys_only[key] for key in keys],
        *[marked[name] for name in marked.columns if name not in keys],
    )


def merge_clauses(columns: list[str], keys: list[str]) -> str:
    """The clauses for ``merge_source``; equal groups are not rewritten."""
    values = [name for name in columns if name not in keys]
    differs = " OR ".join(f"NOT (s.`{name}` <=> t.`{name}`)" for name in values) or "false"
    updates = ", ".join(f"t.`{name}` = s.`{name}`" for name in columns)
    names = ", ".join(f"`{name}`" for name in columns)
    new_values = ", ".join(f"s.`{name}`" for name in columns)
    return (
        "WHEN MATCHED AND s._present IS NULL THEN DELETE "
        f"WHEN MATCHED AND ({differs}) THEN UPDATE SET {updates} "
        f"WHEN NOT MATCHED AND s._present THEN INSERT ({names}) VALUES ({new_values})"
    )


def same_keys(left: DataFrame, right: DataFrame, keys: list[str]) -> Column:
    """Whether the keys are equal, null-safe."""
    return reduce(
        and_,
        [left[key].eqNullSafe(right[key]) for key in keys],
    )


def _affected_keys(batch: Batch) -> DataFrame | None:
    return batch.affected if isinstance(batch, GroupBatch) else None
