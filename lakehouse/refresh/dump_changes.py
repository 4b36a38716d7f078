"""The changes between whole dumps of a source (``snapshot: true``): new, changed and absent keys.

Grain: one row per key and dump in which the key is new, has another content, or is gone. Example,
with Monday's dump as the baseline; on Wednesday the row of key 3 went to quarantine:

    dump       rows                        changes       _deleted
    Monday     1 Ribe, 2 Vejle, 3 Koge
    Tuesday    1 Ripe, 3 Koge              1 Ripe        false
                                           2 Vejle       true
    Wednesday  1 Ripe, 2 Vejle, 3 (bad)    2 Vejle       false

A key whose row was rejected is neither changed nor gone. Of several rows of a key in one dump, the
one with the greatest content counts. NULL is a key value like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.refresh.history import DELETED
from lakehouse.storage.tables import columns_of

_KNOWN, _DUMP, _CONTENT, _BEFORE = "_known_date", "_dump", "_content", "_before"
_BASELINE = 0
_FIRST = Window.unboundedPreceding


def find_changes(
    rows: DataFrame,
    rejected: DataFrame | None,
    baseline: DataFrame | None,
    *,
    keys: Sequence[str],
    days: Sequence[date],
) -> DataFrame:
    """The changes of the dumps of ``days``, ascending, with the columns of ``rows`` and
    ``_deleted``; ``_known_date`` is the day of the dump.

    ``rows`` are the accepted rows of these dumps, ``rejected`` the others, and ``baseline`` the
    current rows before the first dump; None where there are none. Rows of other days are ignored.
    """
    present = _find_present(rows, rejected, baseline, keys=keys, days=days)
    is_changed = F.col(_CONTENT).isNotNull() & ~F.col(_CONTENT).eqNullSafe(F.col(_BEFORE))
    changed = present.where(is_changed & (F.col(_DUMP) > _BASELINE)).select(
        *keys, _DUMP, _CONTENT, F.lit(False).alias(DELETED)
    )
    gone = present.where(F.col("_ends") & F.col("_last").isNotNull()).select(
        *keys, (F.col(_DUMP) + 1).alias(_DUMP), F.col("_last").alias(_CONTENT),
        F.lit(True).alias(DELETED),
    )  # fmt: skip
    day = F.get(_dumps(days), (F.col(_DUMP) - 1).cast("int"))
    values = [
        day.alias(_KNOWN) if name == _KNOWN
        else F.col(name) if name in keys else F.col(_CONTENT)[name].alias(name)
        for name in rows.columns
    ]  # fmt: skip
    return changed.unionByName(gone).select(*values, DELETED)


def _dumps(days: Sequence[date]) -> Column:
    return F.array(*[F.lit(day).cast("date") for day in days])


def _find_present(
    rows: DataFrame,
    rejected: DataFrame | None,
    baseline: DataFrame | None,
    *,
    keys: Sequence[str],
    days: Sequence[date],
) -> DataFrame:
    """Grain: one row per key and dump that has it, ``_dump`` from 1, the baseline being 0.

    ``_content`` is that of the accepted row, NULL where it was rejected; ``_before`` the last one
    of earlier dumps, ``_last`` that up to this dump. ``_ends``: the next dump lacks the key.
    """
    content = columns_of(rows, but=(_KNOWN, *keys))
    number = F.array_position(_dumps(days), F.col(_KNOWN))
    seen = rows.select(*keys, number.alias(_DUMP), F.struct(*content).alias(_CONTENT))
    if rejected is not None:
        seen = seen.unionByName(rejected.select(*keys, number.alias(_DUMP)), True)
    seen = seen.where(F.col(_DUMP) > _BASELINE)
    if baseline is not None:
        before = baseline.select(*rows.columns).select(
            *keys, F.lit(_BASELINE).cast("bigint").alias(_DUMP), F.struct(*content).alias(_CONTENT)
        )
        seen = seen.unionByName(before)
    # A key is present in one unbroken series of dumps or in several; in each it begins anew.
    of_key = Window.partitionBy(*keys).orderBy(_DUMP)
    series = Window.partitionBy(*keys, "_series").orderBy(_DUMP)
    return (
        seen.groupBy(*keys, _DUMP)
        .agg(F.max(_CONTENT).alias(_CONTENT))
        .withColumn("_series", F.col(_DUMP) - F.row_number().over(of_key))
        .withColumn(_BEFORE, F.last(_CONTENT, True).over(series.rowsBetween(_FIRST, -1)))
        .withColumn("_ends", F.lead(_DUMP).over(series).isNull() & (F.col(_DUMP) < len(days)))
        .withColumn("_last", F.coalesce(_CONTENT, _BEFORE))
    )


def count_deleted(changes: DataFrame) -> dict[date, int]:
    """How many keys each dump deletes; dumps that delete none are left out."""
    counted = changes.where(DELETED).groupBy(_KNOWN).count().collect()
    return {row[_KNOWN]: row["count"] for row in counted}


def newest_changes(changes: DataFrame, *, keys: Sequence[str]) -> DataFrame:
    """Grain: one row per key, its last change."""
    newest = Window.partitionBy(*keys).orderBy(F.desc(_KNOWN))
    ranked = changes.withColumn("_rank", F.row_number().over(newest))
    return ranked.where("_rank = 1").drop("_rank")
