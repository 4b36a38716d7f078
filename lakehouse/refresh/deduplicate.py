"""One row for each key (``append``, ``scd1``), whatever the order in which the rows arrive.

Both write modes are the choice of the least or the greatest row of a key under one total order, so
that the choice among stored and new rows is the choice among all rows that ever came:

    append   the least     (_known_date, content)
    scd1     the greatest  (sequence_by, _known_date, content)

For example ``append`` holds ``(k, day 3, x)``; of ``(k, day 2, z)`` and ``(k, day 3, a)`` the first
takes its place, known earlier, and the second is superseded. NULL is the least of all values and a
key value like any other.

A column that only the source or only the table has counts as NULL on the other side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.storage.tables import columns_of

_KNOWN = "_known_date"


def earliest_per_key(rows: DataFrame, *, keys: Sequence[str]) -> DataFrame:
    """One row a key: the earliest known, then the least content."""
    content = columns_of(rows, but=(_KNOWN, *keys))
    first = Window.partitionBy(*keys).orderBy(*[F.asc_nulls_first(n) for n in (_KNOWN, *content)])
    return rows.withColumn("_rank", F.row_number().over(first)).where("_rank = 1").drop("_rank")


def latest_per_key(rows: DataFrame, *, keys: Sequence[str], sequence_by: str) -> DataFrame:
    """One row a key: the greatest ``sequence_by``, then the last known, then the most content."""
    content = columns_of(rows, but=(*keys, sequence_by, _KNOWN))
    order = [F.desc_nulls_last(name) for name in (sequence_by, _KNOWN, *content)]
    newest = Window.partitionBy(*keys).orderBy(*order)
    return rows.withColumn("_rank", F.row_number().over(newest)).where("_rank = 1").drop("_rank")


def drop_exact_repeats(rows: DataFrame) -> DataFrame:
    """One row for each content (``keys: all``), known since the first day that told it."""
    content = columns_of(rows, but=(_KNOWN,))
    return rows.groupBy(*content).agg(F.min(_KNOWN).alias(_KNOWN)).select(*rows.columns)


def append_clauses(
    columns: Sequence[str], keys: Sequence[str], *, target_columns: Sequence[str]
) -> str:
    """The clauses of a MERGE of ``earliest_per_key``, matched on ``keys``, null-safe.

    With every column but ``_known_date`` in ``keys`` it is that of ``drop_exact_repeats``.
    """
    order = [_KNOWN, *_others(columns, target_columns, but=(*keys, _KNOWN))]
    earlier = f"{_row('s', order, columns, 't')} < {_row('t', order, target_columns, 's')}"
    return _clauses(earlier, columns, keys, target_columns)


def latest_clauses(
    columns: Sequence[str],
    keys: Sequence[str],
    *,
    sequence_by: str,
    target_columns: Sequence[str],
) -> str:
    """The clauses of a MERGE of ``latest_per_key``, matched on ``keys``, null-safe."""
    content = _others(columns, target_columns, but=(*keys, sequence_by, _KNOWN))
    order = [sequence_by, _KNOWN, *content]
    later = f"{_row('s', order, columns, 't')} > {_row('t', order, target_columns, 's')}"
    return _clauses(later, columns, keys, target_columns)


def _clauses(
    wins: str, columns: Sequence[str], keys: Sequence[str], target_columns: Sequence[str]
) -> str:
    """A winner replaces the whole stored row: what only the table has becomes NULL."""
    changing = _others(columns, target_columns, but=keys)
    values = {name: f"s.`{name}`" if name in columns else "NULL" for name in changing}
    return (
        f"WHEN MATCHED AND {wins} THEN UPDATE SET "
        + ", ".join(f"t.`{name}` = {value}" for name, value in values.items())
        + " WHEN NOT MATCHED THEN INSERT ("
        + ", ".join(f"`{name}`" for name in columns)
        + f") VALUES ({', '.join(f's.`{name}`' for name in columns)})"
    )


def _others(
    columns: Sequence[str], target_columns: Sequence[str], *, but: Iterable[str]
) -> list[str]:
    """All columns of both sides, the source's in their order first."""
    left_out = set(but)
    return [name for name in dict.fromkeys([*columns, *target_columns]) if name not in left_out]


def _row(side: str, order: Sequence[str], present: Sequence[str], other: str) -> str:
    """A struct of ``order``; structs compare field by field, NULL first.

    A cell that ``side`` lacks is a NULL of the other side's type.
    """
    cells = [
        f"{side}.`{name}`" if name in present else f"if(false, {other}.`{name}`, NULL)"
        for name in order
    ]
    named = [f"'{name}', {cell}" for name, cell in zip(order, cells, strict=True)]
    return f"named_struct({', '.join(named)})"
