"""A refresh of a history: each affected key gets the history of all its events, in one MERGE.

What was dropped (a repeat, a lesser row of the same day) is not in the table any more, and can
matter for an event that arrives out of order. Told ``a`` on day 1 and again on day 3, the table
holds ``a`` since day 1; when day 2 then says ``b``, the truth ends with ``a`` since day 3, and the
stored row and the new one alone would give ``b``. ``ambiguous_keys`` names the keys where that is
possible; ``merge_source`` takes all their events, read from the source again.
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
    content_columns,
    derive_history,
    is_deletion,
)
from lakehouse.sql.point_in_time import KNOWN_UNTIL
from lakehouse.storage.tables import columns_of

ACTION, WRITTEN = "_action", "_written"
_STATE = ("valid_to", "known_to", "is_current")


def ambiguous_keys(
    stored: DataFrame, arrived: DataFrame, *, keys: Sequence[str], watermark: date | None
) -> DataFrame:
    """The keys whose history cannot be told from the table and the arrived events alone.

    An event that was known by the ``watermark``, the greatest known day that the table has read,
    came out of order. It is safe where all stored rows of its version say the same as it does:
    then whatever was dropped said so too, or lost to it. Grain: one row a key, no row twice.
    """
    late = arrived.where(F.col("known_from") <= F.lit(watermark))
    held = stored_events(of_keys(stored, late, keys=keys)).withColumn("_late", F.lit(False))
    told = _both(late.withColumn("_late", F.lit(True)), held)
    content = F.struct(*content_columns(told, keys, but=("_late",)), DELETED)
    of_version = told.groupBy(*keys, "valid_from").agg(
        (F.bool_or("_late") & F.bool_or(~F.col("_late"))).alias("_meets_stored"),
        (~F.min(content).eqNullSafe(F.max(content))).alias("_differs"),
    )
    return of_version.where("_meets_stored AND _differs").select(*keys).distinct()


def merge_source(stored: DataFrame, history: DataFrame, *, keys: Sequence[str]) -> DataFrame:
    """What a MERGE has to do so that the keys of ``history`` have that history and no other row.

    Grain: one row for each (key, ``valid_from``, ``known_from``) that is to be inserted, updated
    or deleted (``_action``); a row that stays as it is does not appear. ``_written`` marks rows in
    which an arrived event tells the table something new; the others only begin or end otherwise.
    A column that the table or the events lack is NULL there. See ``affected_history``.
    """
    names = columns_of(history, but=(ARRIVED,))
    held = of_keys(stored, history.select(*keys), keys=keys)
    says = F.struct(*content_columns(history, keys), is_deletion())
    new = history.select(F.struct(*names).alias("_new"), says.alias("_says"), ARRIVED)
    old = _conform(held, history.drop(ARRIVED)).select(
        F.struct(*names).alias("_old"), says.alias("_said")
    )
    identity = [*keys, "valid_from", "known_from"]
    same = [F.col("_new")[name].eqNullSafe(F.col("_old")[name]) for name in identity]
    action = (
        F.when(F.col("_new").isNull(), "delete")
        .when(F.col("_old").isNull(), "insert")
        .when(~F.col("_new").eqNullSafe(F.col("_old")), "update")
    )
    is_news = F.coalesce(ARRIVED, F.lit(False)) & ~F.col("_says").eqNullSafe(F.col("_said"))
    compared = new.join(old, same, "full_outer").select(
        F.coalesce("_new", "_old").alias("_row"), action.alias(ACTION), is_news.alias(WRITTEN)
    )
    return compared.where(F.col(ACTION).isNotNull()).select("_row.*", ACTION, WRITTEN)


def merge_clauses(columns: Sequence[str], *, keys: Sequence[str]) -> str:
    """The clauses of the MERGE of a ``merge_source`` with these columns.

    It matches on ``keys``, ``valid_from`` and ``known_from``, null-safe.
    """
    names = [name for name in columns if name not in (ACTION, WRITTEN)]
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
    """The current row of each key as the table would be, with ``_known_date``; deleted keys: none.

    ``stored`` is the whole history, not its current rows: a late row of a key that is deleted
    must not bring the key back.
    """
    affected = _affected(arrived, reread, keys)
    others = of_keys(stored.where("is_current"), affected, keys=keys, how="left_anti")
    changed = affected_history(stored, arrived, keys=keys, reread=reread).where("is_current")
    rows = _both(changed.drop(ARRIVED), others)
    return rows.withColumn("_known_date", F.col("known_from")).drop(*HISTORY)


def of_keys(
    rows: DataFrame, wanted: DataFrame, *, keys: Sequence[str], how: str = "left_semi"
) -> DataFrame:
    """The rows whose key stands in ``wanted``, or with ``left_anti`` those whose key does not."""
    names = [f"_key_{number}" for number in range(len(keys))]
    renamed = wanted.select(
        *[F.col(key).alias(name) for key, name in zip(keys, names, strict=True)]
    )
    same = [F.col(key).eqNullSafe(F.col(name)) for key, name in zip(keys, names, strict=True)]
    return rows.join(renamed, same, how)


def _affected(arrived: DataFrame, reread: DataFrame | None, keys: Sequence[str]) -> DataFrame:
    wanted = arrived.select(*keys)
    return wanted if reread is None else wanted.unionByName(reread.select(*keys))


def affected_history(
    stored: DataFrame, arrived: DataFrame, *, keys: Sequence[str], reread: DataFrame | None
) -> DataFrame:
    """The history of the keys that arrived, with ``_arrived`` for rows of an arrived event.

    ``reread`` holds all events of the keys that ``ambiguous_keys`` names: their history comes from
    these and ``arrived`` alone.
    """
    told = arrived.withColumn(ARRIVED, F.lit(True))
    held = of_keys(stored, _affected(arrived, reread, keys), keys=keys)
    if reread is not None:
        told = _both(told, reread.withColumn(ARRIVED, F.lit(False)))
        held = of_keys(held, reread, keys=keys, how="left_anti")
    known = stored_events(held).withColumn(ARRIVED, F.lit(False))
    if KNOWN_UNTIL in arrived.columns:
        known = stored_events(with_ends(held, keys=keys)).withColumn(ARRIVED, F.lit(False))
    return derive_history(_both(told, known), keys=keys)


def with_ends(history: DataFrame, *, keys: Sequence[str]) -> DataFrame:
    """Rows of a history with ``_known_until``: the end of what was said of a version, where it was
    not told otherwise on that day but replaced."""
    version = Window.partitionBy(*keys, "valid_from").orderBy("known_from")
    is_told_otherwise = F.lead("known_from").over(version).eqNullSafe(F.col("known_to"))
    return history.withColumn(KNOWN_UNTIL, F.when(~is_told_otherwise, F.col("known_to")))


def stored_events(history: DataFrame) -> DataFrame:
    """Rows of a history as the events that they were, without what is derived."""
    return history.select(*columns_of(history, but=_STATE), is_deletion().alias(DELETED))


def _both(rows: DataFrame, others: DataFrame) -> DataFrame:
    return rows.unionByName(others, allowMissingColumns=True)


def _conform(rows: DataFrame, like: DataFrame) -> DataFrame:
    """``rows`` with the columns and types of ``like``; a column that they lack is NULL."""
    present = {name.lower() for name in rows.columns}
    return rows.select(
        *[
            (F.col(field.name) if field.name.lower() in present else F.lit(None))
            .cast(field.dataType)
            .alias(field.name)
            for field in like.schema
        ]
    )
