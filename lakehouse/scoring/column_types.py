"""The type of a column on a day, beside that at training: a number, or a text."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import RunFailed
from lakehouse.ml.reference import ColumnReference

_NUMBERS = {"boolean", "byte", "short", "integer", "long", "float", "double", "decimal"}
_TEXTS = {"string", "char", "varchar"}


def changed_types(frame: DataFrame, columns: Mapping[str, ColumnReference]) -> set[str]:
    """The columns that are no numbers, or no texts, as they were at training.

    Raises RunFailed for a missing column.
    """
    for name in columns:
        refuse_missing(frame, name)
    return {name for name, column in columns.items() if not _has_kind(frame, name, column.kind)}


def read_value(frame: DataFrame, name: str, column: ColumnReference) -> Column:
    """As a double or as text. What is no number any more, such as a date, becomes NULL."""
    if column.kind != "numeric":
        return F.col(name).cast("string")
    is_number = _has_kind(frame, name, "numeric")
    return (F.col(name) if is_number else F.col(name).cast("string")).try_cast("double")


def refuse_missing(frame: DataFrame, name: str) -> None:
    """Raise RunFailed where the rows do not have the column."""
    if name not in frame.columns:
        raise RunFailed(
            f"the rows have no column '{name}', which the model's reference describes"
            f"{did_you_mean(name, frame.columns)}",
            hint="compute the features as they were for training, or train again",
        )


def _has_kind(frame: DataFrame, name: str, kind: str) -> bool:
    known = _NUMBERS if kind == "numeric" else _TEXTS
    return frame.schema[name].dataType.typeName() in known
