"""History (``write: scd2``): when each version was valid, and when that was known.

One row for each (key, valid_from, known_from). ``valid_to`` is the next version's ``valid_from``,
``known_to`` the day on which a correction of the same version became known. A deletion is a row
with an empty validity (``valid_to = valid_from``). Nothing is merged away, so that a read "as
known on a day" finds what was known then.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.config.declarations import SilverTable
from lakehouse.layers.changes import Batch
from lakehouse.layers.lake import Lake
from lakehouse.storage import writes
from lakehouse.storage.tables import Commit, columns_of

HISTORY = ("valid_from", "valid_to", "known_from", "known_to", "is_current")
_STATE = ("valid_to", "known_to", "is_current")


def write(lake: Lake, table: SilverTable, rows: DataFrame, batch: Batch, tag: writes.Tag) -> Commit:
    """The batch's versions into the history; of rows that were there only their ends change."""
    arrived = events(rows, sequence_by=str(table.sequence_by), deletes=table.apply_as_deletes)
    if batch.since is None:
        return writes.overwrite(lake.tables, table.table, history(arrived, keys=table.keys), tag)
    stored = lake.tables.read(table.table)
    keys = arrived.select(*table.keys).distinct()
    touched = stored.join(keys, _same(stored, keys, table.keys), "left_semi")
    known = touched.withColumn("_deleted", F.col("valid_to").eqNullSafe(F.col("valid_from")))
    both = known.withColumn("_stored", F.struct(*_STATE)).unionByName(
        arrived, allowMissingColumns=True
    )
    merged = history(both.drop(*_STATE), keys=table.keys)
    changed = merged.where(~F.struct(*_STATE).eqNullSafe(F.col("_stored"))).drop("_stored")
    return writes.merge(
        lake.tables,
        table.table,
        changed,
        on=[*table.keys, "valid_from", "known_from"],
        clauses="WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
        tag=tag,
    )


def events(rows: DataFrame, *, sequence_by: str, deletes: str | None) -> DataFrame:
    """Accepted rows as events: ``valid_from, known_from`` and whether the row deletes its key."""
    deleted = F.coalesce(F.expr(deletes), F.lit(False)) if deletes else F.lit(False)
    return rows.select(
        *columns_of(rows, but=("_known_date",)),
        F.col(sequence_by).alias("valid_from"),
        F.col("_known_date").alias("known_from"),
        deleted.alias("_deleted"),
    )


def history(rows: DataFrame, *, keys: list[str]) -> DataFrame:
    """Events as history. Of equal neighbours (same version, same content) the first known stays.

    The rows are dealt out by key once: every window below then needs no shuffle of its own, and
    the first window's order serves the others.
    """
    content = columns_of(rows, but=(*keys, "valid_from", "known_from", "_stored"))
    version = Window.partitionBy(*keys, "valid_from").orderBy("known_from")
    of_key = Window.partitionBy(*keys).orderBy("valid_from", "known_from")
    whole_version = Window.partitionBy(*keys, "valid_from")
    return (
        rows.repartition(*keys)
        .transform(_one_per_knowledge, keys=keys, content=content)
        .withColumn("known_to", F.lead("known_from").over(version))
        .withColumn("_next", F.lead("valid_from").over(of_key))
        .withColumn("_next", F.when(F.col("known_to").isNull(), F.col("_next")))
        .withColumn("_next", F.max("_next").over(whole_version))
        .withColumn(
            "valid_to", F.when(F.col("_deleted"), F.col("valid_from")).otherwise(F.col("_next"))
        )
        .withColumn("is_current", _is_current())
        .drop("_next", "_deleted")
    )


def _one_per_knowledge(rows: DataFrame, *, keys: list[str], content: list[str]) -> DataFrame:
    """One row for each (key, valid_from, known_from), less those that say what was known before."""
    values = F.struct(*content)
    order = Window.partitionBy(*keys, "valid_from").orderBy("known_from", values)
    previous = F.lag(values).over(order)
    last_of_day = F.lead("known_from").over(order)
    return (
        rows.withColumn("_repeat", F.coalesce(values.eqNullSafe(previous), F.lit(False)))
        .where(~F.col("_repeat"))
        .withColumn("_overtaken", F.coalesce(last_of_day == F.col("known_from"), F.lit(False)))
        .where(~F.col("_overtaken"))
        .drop("_repeat", "_overtaken")
    )


def _is_current() -> Column:
    return F.col("known_to").isNull() & F.col("_next").isNull() & ~F.col("_deleted")


def _same(left: DataFrame, right: DataFrame, keys: list[str]) -> Column:
    condition = F.lit(True)
    for key in keys:
        condition = condition & left[key].eqNullSafe(right[key])
    return condition
