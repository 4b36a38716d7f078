"""Merge new events into a history: the history of each affected key is derived again.

The table no longer has superseded events (repeats, and lesser rows of the same day), but these can
matter when an event arrives late. For example, ``a`` arrives on day 1 and again on day 3, so the
table holds ``a`` since day 1. A late event then gives ``b`` for day 2. The correct history ends
with ``a`` since day 3; the stored row and the late event alone would end with ``b``.
``ambiguous_keys`` finds the keys where that is possible; all of their events are read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.refresh.history import (
    ARRIVED,
    DELETED,
    HISTORY,
    INCONSISTENT,
    content_columns,
    derive_history,
    is_deletion,
    mark_inconsistent,
)
from lakehouse.refresh.key_filter import filter_by_keys
from lakehouse.sql.point_in_time import KNOWN_UNTIL
from lakehouse.storage.tables import columns_of

ACTION, WRITTEN = "_action", "_written"
MARKS = (ACTION, WRITTEN, INCONSISTENT)
_STATE = ("valid_to", "known_to", "is_current")


def ambiguous_keys(
    stored: DataFrame, arrived: DataFrame, *, keys: Sequence[str], watermark: date | None
) -> DataFrame:
    """The keys whose history cannot be derived from the table and the arrived events alone.

    An event known on or before the ``watermark``, the greatest ``_known_date`` that the table has
    read, is late. It is safe where all stored rows of its version have the same content: then
    each superseded event had that content too, or lost to it. Grain: one row per key, distinct.
    """
    late = arrived.where(F.col("known_from") <= F.lit(watermark))
    held = stored_events(filter_by_keys(stored, late, keys=keys)).withColumn("_late", F.lit(False))
    events = _union(late.withColumn("_late", F.lit(True)), held)
    content = F.struct(*content_columns(events, keys, but=("_late",)), DELETED)
    by_version = events.groupBy(*keys, "valid_from").agg(
        (F.bool_or("_late") & F.bool_or(~F.col("_late"))).alias("_meets_stored"),
        (~F.min(content).eqNullSafe(F.max(content))).alias("_differs"),
    )
    return by_version.where("_meets_stored AND _differs").select(*keys).distinct()


def merge_source(stored: DataFrame, history: DataFrame, *, keys: Sequence[str]) -> DataFrame:
    """The source of a MERGE after which the keys of ``history`` have exactly these rows.

    Grain: one row per (key, ``valid_from``, ``known_from``) to insert, update or delete
    (``_action``); unchanged rows are omitted, unless they are ``_inconsistent``. ``_written`` marks
    rows with new content from an arrived event; of the others only the end columns change. A column
    that the table or the events lack is NULL. See ``derive_affected_history``.
    """
    names = columns_of(history, but=(ARRIVED,))
    held = filter_by_keys(stored, history.select(*keys), keys=keys)
    content = F.struct(*content_columns(history, keys), is_deletion())
    new = mark_inconsistent(history, keys=keys).select(
        F.struct(*names).alias("_new"), content.alias("_new_content"), ARRIVED, INCONSISTENT
    )
    old = _conform(held, history.select(*names)).select(
        F.struct(*names).alias("_old"), content.alias("_old_content")
    )
    identity = [*keys, "valid_from", "known_from"]
    same = [F.col("_new")[name].eqNullSafe(F.col("_old")[name]) for name in identity]
    action = (
        F.when(F.col("_new").isNull(), "delete")
        .when(F.col("_old").isNull(), "insert")
        .when(~F.col("_new").eqNullSafe(F.col("_old")), "update")
    )
    is_news = F.coalesce(ARRIVED, F.lit(False)) & ~F.col("_new_content").eqNullSafe(
        F.col("_old_content")
    )
    compared = new.join(old, same, "full_outer").select(
        F.coalesce("_new", "_old").alias("_row"),
        action.alias(ACTION),
        is_news.alias(WRITTEN),
        F.coalesce(INCONSISTENT, F.lit(False)).alias(INCONSISTENT),
    )
    return compared.where(F.col(ACTION).isNotNull() | F.col(INCONSISTENT)).select("_row.*", *MARKS)


def to_insert(source: DataFrame) -> DataFrame:
    """The rows of a ``merge_source`` that only inserts, for an append."""
    return source.drop(*MARKS)


def merge_clauses(columns: Sequence[str], *, keys: Sequence[str]) -> str:
    """The clauses for a ``merge_source`` with these columns.

    The MERGE matches null-safe on ``keys``, ``valid_from`` and ``known_from``.
    """
    names = [name for name in columns if name not in MARKS]
    changing = [name for name in names if name not in (*keys, "valid_from", "known_from")]
    return (
        f"WHEN MATCHED AND s.{ACTION} = 'delete' THEN DELETE "
        f"WHEN MATCHED AND s.{ACTION} = 'update' THEN UPDATE SET "
        + ", ".join(f"t.`{name}` = s.`{name}`" for name in changing)
        + f" WHEN NOT MATCHED AND s.{ACTION} = 'insert' THEN INSERT ("
        + ", ".join(f"`{name}`" for name in names)
        + f") VALUES ({', '.join(f's.`{name}`' for name in names)})"
    )


def current_rows(
    stored: DataFrame,
    arrived: DataFrame,
    *,
    keys: Sequence[str],
    reread: DataFrame | None = None,
) -> DataFrame:
    """The current row of each key after the write, with ``_known_date``; none for a deleted key.

    ``stored`` is the complete history, not just its current rows: a late row must not bring back
    a deleted key.
    """
    affected = affected_keys(arrived, reread, keys)
    others = filter_by_keys(stored.where("is_current"), affected, keys=keys, how="left_anti")
    changed = derive_affected_history(stored, arrived, keys=keys, reread=reread).where("is_current")
    rows = _union(changed.drop(ARRIVED), others)
    return rows.withColumn("_known_date", F.col("known_from")).drop(*HISTORY)


def affected_keys(arrived: DataFrame, reread: DataFrame | None, keys: Sequence[str]) -> DataFrame:
    """The keys whose history is derived again; a key may occur several times."""
    wanted = arrived.select(*keys)
    return wanted if reread is None else wanted.unionByName(reread.select(*keys))


def derive_affected_history(
    stored: DataFrame, arrived: DataFrame, *, keys: Sequence[str], reread: DataFrame | None
) -> DataFrame:
    """The history of the affected keys, with ``_arrived`` for rows of an arrived event.

    ``reread`` holds all events of the ``ambiguous_keys``; the stored rows of these keys are not
    used.
    """
    events = arrived.withColumn(ARRIVED, F.lit(True))
    held = filter_by_keys(stored, affected_keys(arrived, reread, keys), keys=keys)
    if reread is not None:
        events = _union(events, reread.withColumn(ARRIVED, F.lit(False)))
        held = filter_by_keys(held, reread, keys=keys, how="left_anti")
    known = stored_events(held).withColumn(ARRIVED, F.lit(False))
    if KNOWN_UNTIL in arrived.columns:
        known = stored_events(restore_known_until(held, keys=keys)).withColumn(
            ARRIVED, F.lit(False)
        )
    return derive_history(_union(events, known), keys=keys)


def restore_known_until(history: DataFrame, *, keys: Sequence[str]) -> DataFrame:
    """Add ``_known_until``: the day since which nothing is known of a row's version, or NULL.

    A row of a replaced file is followed by no row of its version on its ``known_to``. No earlier
    event of the version was known on that day either, or it would have come back: a row that was
    corrected before then ends there as well. For example, a version is Ripe on day 1, Ribe on day
    3, and both files are replaced by day 6: the two events end on day 6, and a later event of the
    key does not bring Ripe back.
    """
    version = Window.partitionBy(*keys, "valid_from").orderBy("known_from")
    following = version.rowsBetween(Window.currentRow, Window.unboundedFollowing)
    is_corrected = F.lead("known_from").over(version).eqNullSafe(F.col("known_to"))
    ended = history.withColumn(KNOWN_UNTIL, F.when(~is_corrected, F.col("known_to")))
    return ended.withColumn(KNOWN_UNTIL, F.min(KNOWN_UNTIL).over(following))


def stored_events(history: DataFrame) -> DataFrame:
    """Turn the rows of a history back into events, without the derived columns."""
    return history.select(*columns_of(history, but=_STATE), is_deletion().alias(DELETED))


def _union(rows: DataFrame, others: DataFrame) -> DataFrame:
    return rows.unionByName(others, allowMissingColumns=True)


def _conform(rows: DataFrame, like: DataFrame) -> DataFrame:
    """Cast ``rows`` to the columns and types of ``like``; a missing column is NULL."""
    present = {name.lower() for name in rows.columns}
    return rows.select(
        *[
            (F.col(field.name) if field.name.lower() in present else F.lit(None))
            .cast(field.dataType)
            .alias(field.name)
            for field in like.schema
        ]
    )
