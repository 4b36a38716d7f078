"""``write: scd1`` with ``apply_as_deletes``: the greatest row of a key decides whether it exists.

The total order is that of ``scd1``, deletions included; see ``refresh.tombstones`` for those that
are remembered. Every row of a batch that decides counts as written, also one that deletes its key.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.errors import RunFailed
from lakehouse.refresh import deduplicate, difference, tombstones
from lakehouse.refresh.batch import Batch
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.key_filter import filter_by_keys
from lakehouse.refresh.orphans import add_orphans, read_orphans
from lakehouse.refresh.replacements import filter_current
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.sql.point_in_time import KNOWN_UNTIL
from lakehouse.storage import writes

_ARRIVED, _DELETES = "_arrived", "_deletes"


def write(
    context: RunContext,
    definition: Definition,
    batch: Batch,
    rows: DataFrame,
    sequence_by: str,
    tag: Tag,
) -> Written:
    """Write the tombstones, then upsert and delete in one commit."""
    tables, name, keys = context.tables, definition.name, definition.keys
    if batch.is_full:
        decided = context.keep(
            _decide(definition, _all_rows(context, definition, rows), sequence_by)
        )
        written = decided.where(_ARRIVED).count()
        tag["record"]["rows_written"] = written
        tombstones.write(context, definition, batch, _deleting(decided))
        return Written(writes.overwrite(tables, name, _living(decided), tag), written)
    writes.prepare_columns(tables, name, rows)
    affected = context.keep(_affected(context, definition, batch, rows))
    decided = context.keep(_decided(context, definition, batch, rows, affected, sequence_by))
    written = decided.where(_ARRIVED).count()
    tag["record"]["rows_written"] = written
    is_reread = batch.superseded is not None
    new_deletes = _deleting(decided if is_reread else decided.where(_ARRIVED))
    tombstones.write(context, definition, batch, new_deletes, affected if is_reread else None)
    held = filter_by_keys(tables.read(name), affected, keys=keys)
    source = context.keep(difference.merge_source(held, _living(decided).select(*held.columns)))
    commit = writes.merge(
        tables, name, source, on=held.columns, only=difference.MATCHES,
        clauses=difference.merge_clauses(held.columns), tag=tag,
    )  # fmt: skip
    return Written(commit, written)


def table_after(
    context: RunContext, definition: Definition, batch: Batch, rows: DataFrame, sequence_by: str
) -> DataFrame:
    """The rows of the table as it would be after the write."""
    if batch.is_full:
        return _living(_decide(definition, _all_rows(context, definition, rows), sequence_by))
    affected = _affected(context, definition, batch, rows)
    decided = _decided(context, definition, batch, rows, affected, sequence_by)
    stored = context.tables.read(definition.name)
    others = filter_by_keys(stored, affected, keys=definition.keys, how="left_anti")
    return _living(decided).unionByName(others, allowMissingColumns=True).select(*rows.columns)


def _affected(
    context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
) -> DataFrame:
    """The keys of the rows that arrived, or that left with a replaced file. Distinct."""
    keys = rows.select(*definition.keys)
    if batch.superseded is not None:
        left = definition.kind.read_superseded(context, definition, batch)
        keys = keys.unionByName(left.select(*definition.keys))
    return keys.distinct()


def _decided(
    context: RunContext,
    definition: Definition,
    batch: Batch,
    rows: DataFrame,
    affected: DataFrame,
    sequence_by: str,
) -> DataFrame:
    """Grain: one row per affected key, the greatest, with ``_deletes`` and ``_arrived``.

    Where a file was replaced, stored rows may be of what it held, so the source is read again.
    """
    arrived = rows.withColumn(_ARRIVED, F.lit(True))
    if batch.superseded is not None:
        accepted = filter_current(definition.kind.reread_accepted(context, definition, batch))
        current = filter_by_keys(accepted.drop(KNOWN_UNTIL), affected, keys=definition.keys)
        # Without the arrived rows, which are among them.
        others = add_orphans(context, definition, current)[0].select(*rows.columns).exceptAll(rows)
    else:
        others = filter_by_keys(_held(context, definition, rows), affected, keys=definition.keys)
    both = arrived.unionByName(others.withColumn(_ARRIVED, F.lit(False)))
    return _decide(definition, both, sequence_by)


def _held(context: RunContext, definition: Definition, like: DataFrame) -> DataFrame:
    stored = context.tables.read(definition.name).select(*like.columns)
    deleted = tombstones.read(context, definition, like)
    return stored if deleted is None else stored.unionByName(deleted)


def _all_rows(context: RunContext, definition: Definition, rows: DataFrame) -> DataFrame:
    """All rows of a full refresh, with those that the source no longer has."""
    everything = rows.withColumn(_ARRIVED, F.lit(True))
    stored = read_orphans(context, definition)
    for others in (stored, tombstones.read_orphans(context, definition, rows)):
        if others is not None:
            marked = others.withColumn(_ARRIVED, F.lit(False))
            everything = everything.unionByName(marked, allowMissingColumns=True)
    return everything.select(*rows.columns, _ARRIVED)


def _decide(definition: Definition, rows: DataFrame, sequence_by: str) -> DataFrame:
    if definition.deletes is None:
        raise RunFailed("there is no apply_as_deletes", where=definition.name)
    deletes = F.coalesce(definition.deletes.column(), F.lit(False))
    # A stored row is not written again where an equal one arrives: false is the greater mark.
    ordered = rows.withColumn(_ARRIVED, F.when(F.col(_ARRIVED), 0).otherwise(1))
    greatest = deduplicate.latest_per_key(ordered, keys=definition.keys, sequence_by=sequence_by)
    return greatest.withColumn(_ARRIVED, F.col(_ARRIVED) == 0).withColumn(_DELETES, deletes)


def _living(decided: DataFrame) -> DataFrame:
    return decided.where(f"NOT {_DELETES}").drop(_DELETES, _ARRIVED)


def _deleting(decided: DataFrame) -> DataFrame:
    return decided.where(_DELETES).drop(_DELETES, _ARRIVED)
