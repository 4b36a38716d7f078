"""The levels of a column, frozen on training rows: a slice is the hold-out rows of one level."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lakehouse.config.model.slices import ModelSlice
from lakehouse.errors import DeclarationError
from lakehouse.ml.bins import MISSING, NAN, Bins, Ints, LevelBins, level_bins, numeric_bins
from lakehouse.ml.columns import Columns, columns_of

Mask = npt.NDArray[np.bool_]
NULL = "(missing)"
_FLAGS = {"false", "true"}


@dataclass(frozen=True)
class SliceColumn:
    """A column, and the bins of its values. ``is_text`` says that numbers are levels by their
    text, such as a flag or a count of few values."""

    name: str
    bins: Bins
    is_text: bool

    @property
    def labels(self) -> list[str]:
        """The levels in words: ``north``, ``≤ 3``, ``3 to 8``; the last one is ``(missing)``."""
        if isinstance(self.bins, LevelBins):
            return [*self.bins.labels(), NULL]
        return [*_with_single_values(self.bins.labels()), NULL]

    def codes(self, rows: pd.DataFrame) -> Ints:
        """The place of each row's value in ``labels``; infinite values have none (-1)."""
        values = rows[self.name]
        if isinstance(self.bins, LevelBins):
            codes = self.bins.assign(_texts(values) if self.is_text else _strings(values))
        else:
            codes = self.bins.assign(values.astype(float).to_numpy())
        is_null = (codes == MISSING) | (codes == NAN)
        return np.where(is_null, len(self.labels) - 1, np.maximum(codes, -1))

    def slices(self, rows: pd.DataFrame) -> Iterator[tuple[str, Mask]]:
        """Each level that the rows have, with its rows, in the order of ``labels``."""
        codes = self.codes(rows)
        for place, label in enumerate(self.labels):
            mask: Mask = codes == place
            if mask.any():
                yield label, mask


def slice_columns(
    training: pd.DataFrame, declared: Iterable[ModelSlice], *, entity: str, where: str
) -> list[SliceColumn]:
    """The declared columns with the levels of the training rows.

    A level has at least 20 entities; rarer ones are put together. Raises DeclarationError for a
    column that is missing or neither a number nor a string.
    """
    return [
        slice_column(training, one.column, most=one.levels, entity=entity, where=where)
        for one in declared
    ]


def slice_column(
    training: pd.DataFrame, name: str, *, most: int, entity: str, where: str
) -> SliceColumn:
    """One column with at most ``most`` levels, and ``(rare or unseen)`` and NULL besides."""
    is_number = bool(_columns(training, name, where).numeric)
    values, entities = training[name], training[entity]
    if not is_number:
        return SliceColumn(name, level_bins(values, entities, most), is_text=False)
    if values.nunique() <= most:
        texts = pd.Series(_texts(values), index=values.index, dtype=object)
        levels = level_bins(texts, entities, most).levels
        is_flag = set(levels) <= _FLAGS
        ordered = levels if is_flag else sorted(levels, key=float)
        return SliceColumn(name, LevelBins(tuple(ordered)), is_text=True)
    return SliceColumn(name, numeric_bins(values.astype(float), most), is_text=False)


def _columns(training: pd.DataFrame, name: str, where: str) -> Columns:
    if name not in training:
        raise DeclarationError(
            f"the training frame has no column '{name}' to divide the hold-out by",
            where=where,
            hint="an unused feature (a draft, or deprecated) is not read unless "
            "features.columns names it",
        )
    try:
        return columns_of(training, [name], where=where)
    except DeclarationError as error:
        raise DeclarationError(
            f"the hold-out cannot be divided by '{name}': a slice is a number or a string",
            where=where,
            hint="use another column under slices",
        ) from error


def _strings(values: pd.Series) -> Sequence[str | None]:
    return [None if missing else str(v) for v, missing in zip(values, values.isna(), strict=True)]


def _texts(values: pd.Series) -> Sequence[str | None]:
    """``true``, ``3`` and ``0.5`` for True, Decimal("3.00") and 0.5."""
    is_flag = pd.api.types.infer_dtype(values, skipna=True) == "boolean"
    return [
        None if missing else str(bool(value)).lower() if is_flag else f"{float(value):g}"
        for value, missing in zip(values, values.isna(), strict=True)
    ]


def _with_single_values(labels: Sequence[str]) -> Iterator[str]:
    """``< 5``, ``5``, ``> 5`` for ``≤ 5``, ``5 to 5``, ``> 5``: where a value fills a bin alone,
    the edge below it is the next smaller number, which is written alike."""
    for label, following in zip(labels, [*labels[1:], ""], strict=True):
        low, _, high = label.partition(" to ")
        if low == high:
            yield low
        elif following == f"{label[2:]} to {label[2:]}":
            yield f"< {label[2:]}"
        else:
            yield label
