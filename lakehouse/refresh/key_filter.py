"""Filter rows by the keys of other rows."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def filter_by_keys(
    rows: DataFrame, wanted: DataFrame, *, keys: Sequence[str], how: str = "left_semi"
) -> DataFrame:
    """The rows whose key is in ``wanted``, null-safe; with ``left_anti``, the others."""
    names = [f"_key_{number}" for number in range(len(keys))]
    renamed = wanted.select(
        *[F.col(key).alias(name) for key, name in zip(keys, names, strict=True)]
    )
    same = [F.col(key).eqNullSafe(F.col(name)) for key, name in zip(keys, names, strict=True)]
    return rows.join(renamed, same, how)
