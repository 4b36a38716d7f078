"""The numeric and the categorical feature columns, and their conversion for scikit-learn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from lakehouse.errors import DeclarationError

_NUMERIC = {
    "boolean",
    "decimal",
    "empty",
    "floating",
    "integer",
    "integer-na",
    "mixed-integer-float",
}


@dataclass(frozen=True)
class Columns:
    """The features of a model, sorted by name, so that a rebuilt frame gives the same model."""

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """The numbers, then the categories."""
        return [*self.numeric, *self.categorical]


def columns_of(frame: pd.DataFrame, names: Iterable[str], *, where: str) -> Columns:
    """Divide ``names`` into numbers (also boolean, decimal and all-NULL columns) and strings.

    Raises DeclarationError for a column that is missing or of another type, such as a date.
    """
    kinds = {name: _kind(frame, name, where) for name in sorted(names)}
    if not kinds:
        raise DeclarationError("no feature column to train on", where=where)
    return Columns(
        numeric=tuple(name for name, kind in kinds.items() if kind != "string"),
        categorical=tuple(name for name, kind in kinds.items() if kind == "string"),
    )


def _kind(frame: pd.DataFrame, name: str, where: str) -> str:
    if name not in frame:
        raise DeclarationError(f"no feature column '{name}'", where=where)
    kind = str(pd.api.types.infer_dtype(frame[name].astype(object), skipna=True))
    if kind != "string" and kind not in _NUMERIC:
        raise DeclarationError(
            f"the feature '{name}' is a {kind} column; a model takes numbers and strings",
            where=where,
            hint=f"turn '{name}' into days before as_of, or leave it out under features.columns",
        )
    return kind


def as_features(frame: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """The feature columns only: numbers as float64, categories as strings, NULL as NaN."""
    numbers = {name: frame[name].astype("float64") for name in columns.numeric}
    categories = {
        name: frame[name].astype(object).where(frame[name].notna(), float("nan"))
        for name in columns.categorical
    }
    return pd.DataFrame({**numbers, **categories}, index=frame.index, columns=columns.names)
