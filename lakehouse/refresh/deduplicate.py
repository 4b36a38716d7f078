"""Deduplicate to one row per key (``append``, ``scd1``), in whatever order rows arrive.

Both write modes keep the least or the greatest row of a key under one total order. So comparing a
stored row with a new one gives the same result as comparing all rows that ever arrived:

    append   the least     (_known_date, content)
    scd1     the greatest  (sequence_by, _known_date, content)

For example, an ``append`` table holds ``(k, day 3, x)``, and two rows arrive. ``(k, day 2, z)``
replaces the stored row, since it was known earlier; ``(k, day 3, a)`` is superseded. NULL sorts
first, and is a key value like any other.

Where the table has several sources, the row of the source declared first wins of two with the same
``sequence_by`` (``scd1``) or the same ``_known_date`` (``append``); see ``refresh.precedence``.

A column that only the source or only the table has is NULL on the other side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.refresh.precedence import PRECEDENCE, precedence_columns
from lakehouse.storage.tables import columns_of

_KNOWN = "_known_date"


def earliest_per_key(rows: DataFrame, *, keys: Sequence[str]) -> DataFrame:
    """Grain: one row per key, the least by (``_known_date``, content)."""
    content = columns_of(rows, but=(_KNOWN, PRECEDENCE, *keys))
    order = [_KNOWN, *precedence_columns(rows.columns), *content]
    first = Window.partitionBy(*keys).orderBy(*[F.asc_nulls_first(name) for name in order])
    return rows.withColumn("_rank", F.row_number().over(first)).where("_rank = 1").drop("_rank")


def latest_per_key(rows: DataFrame, *, keys: Sequence[str], sequence_by: str) -> DataFrame:
    """Grain: one row per key, the greatest by (``sequence_by``, ``_known_date``, content)."""
    content = columns_of(rows, but=(*keys, sequence_by, PRECEDENCE, _KNOWN))
    order = [F.desc_nulls_last(name) for name in (sequence_by, _KNOWN, *content)]
    order[1:1] = [F.asc_nulls_last(name) for name in precedence_columns(rows.columns)]
    newest = Window.partitionBy(*keys).orderBy(*order)
    return rows.withColumn("_rank", F.row_number().over(newest)).where("_rank = 1").drop("_rank")


def drop_exact_repeats(rows: DataFrame) -> DataFrame:
    """Grain: one row per content (``keys: all``), with its earliest ``_known_date``."""
    order = [_KNOWN, *precedence_columns(rows.columns)]
    content = columns_of(rows, but=order)
    first = rows.groupBy(*content).agg(F.min(F.struct(*order)).alias("_first"))
    return first.select(*content, "_first.*").select(*rows.columns)


def is_earlier(
    columns: Sequence[str], keys: Sequence[str], *, target_columns: Sequence[str]
) -> str:
    """Whether a row ``s`` of ``earliest_per_key`` wins over the stored row ``t`` of its key.

    With all columns but ``_known_date`` as ``keys``, it fits ``drop_exact_repeats``.
    """
    content = _union_columns(columns, target_columns, but=(*keys, PRECEDENCE, _KNOWN))
    order = [_KNOWN, *precedence_columns(columns), *content]
    return f"{_row('s', order, columns, 't')} < {_row('t', order, target_columns, 's')}"


def is_later(
    columns: Sequence[str],
    keys: Sequence[str],
    *,
    sequence_by: str,
    target_columns: Sequence[str],
) -> str:
    """Whether a row ``s`` of ``latest_per_key`` wins over the stored row ``t`` of its key."""
    content = _union_columns(columns, target_columns, but=(*keys, sequence_by, PRECEDENCE, _KNOWN))
    order = [sequence_by, *precedence_columns(columns), _KNOWN, *content]
    return f"{_row('s', order, columns, 't', '-')} > {_row('t', order, target_columns, 's', '-')}"


def upsert_clauses(
    wins: str,
    columns: Sequence[str],
    keys: Sequence[str],
    target_columns: Sequence[str],
    *,
    deletes: str | None = None,
) -> str:
    """The clauses of a MERGE that matches null-safe on ``keys``: a row for which ``wins`` holds
    replaces the stored row; columns that only the table has become NULL.

    A row for which the condition ``deletes`` holds deletes the stored row, and is not inserted.
    """
    delete = f"WHEN MATCHED AND {deletes} THEN DELETE " if deletes else ""
    inserts = f" AND NOT {deletes}" if deletes else ""
    changing = _union_columns(columns, target_columns, but=keys)
    values = {name: f"s.`{name}`" if name in columns else "NULL" for name in changing}
    return (
        f"{delete}WHEN MATCHED AND {wins} THEN UPDATE SET "
        + ", ".join(f"t.`{name}` = {value}" for name, value in values.items())
        + f" WHEN NOT MATCHED{inserts} THEN INSERT ("
        + ", ".join(f"`{name}`" for name in columns)
        + f") VALUES ({', '.join(f's.`{name}`' for name in columns)})"
    )


def _union_columns(
    columns: Sequence[str], target_columns: Sequence[str], *, but: Iterable[str]
) -> list[str]:
    """The columns of both sides, those of the source first."""
    left_out = set(but)
    return [name for name in dict.fromkeys([*columns, *target_columns]) if name not in left_out]


def _row(
    side: str, order: Sequence[str], present: Sequence[str], other: str, sign: str = ""
) -> str:
    """A struct of the columns ``order``; structs compare field by field, NULL first.

    A column that ``side`` lacks is NULL, with the type of the other side. ``sign`` stands before
    ``_precedence``, of which the least wins: ``-`` where the greatest struct does.
    """
    cells = [
        f"{side}.`{name}`" if name in present else f"if(false, {other}.`{name}`, NULL)"
        for name in order
    ]
    cells = [sign + c if n == PRECEDENCE else c for n, c in zip(order, cells, strict=True)]
    named = [f"'{name}', {cell}" for name, cell in zip(order, cells, strict=True)]
    return f"named_struct({', '.join(named)})"
