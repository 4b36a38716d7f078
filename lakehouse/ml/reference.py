"""The reference of a model version: how its features and scores were distributed at training.

It is frozen with the model (``reference_file``), so that every later day is compared with the same
bins.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from lakehouse.ml.bins import (
    MISSING,
    NAN,
    Bins,
    LevelBins,
    NumericBins,
    level_bins,
    numeric_bins,
)
from lakehouse.ml.columns import Columns
from lakehouse.ml.counts import Counts

SCORE = "score"
"""The name under which the distribution of the scores is recorded."""


@dataclass(frozen=True)
class ColumnReference:
    """The bins of one column, and the rows of training in them."""

    kind: Literal["numeric", "categorical"]
    bins: Bins
    counts: Counts


@dataclass(frozen=True)
class Reference:
    """Features on the training rows, and the score on the hold-out rows, which the model has not
    seen, as it will not have seen those that it scores.

    ``by`` are the columns that divide rows into segments, and ``segments`` the rows of each
    segment (``plan=premium``) in the same bins, by column. Columns with few rows are left out.
    """

    features: dict[str, ColumnReference]
    score: ColumnReference
    by: dict[str, LevelBins] = field(default_factory=dict)
    segments: dict[str, dict[str, Counts]] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, ColumnReference]:
        """The features, and the score as ``SCORE``."""
        return {**self.features, SCORE: self.score}

    def columns_of(self, segment: str) -> dict[str, ColumnReference]:
        """The columns that can be compared within a segment, with its rows of training; without
        the column that it is a level of, since that is constant."""
        of_level = segment.partition("=")[0]
        return {
            name: replace(self.columns[name], counts=counts)
            for name, counts in self.segments.get(segment, {}).items()
            if name != of_level
        }

    def to_json(self) -> str:
        """Canonical JSON: the same reference gives the same text."""
        content: dict[str, Any] = {
            "features": {name: _as_json(column) for name, column in self.features.items()},
            "score": _as_json(self.score),
        }
        if self.by:
            content["by"] = {name: list(bins.levels) for name, bins in self.by.items()}
            content["segments"] = {
                segment: {name: _counts_as_json(counts) for name, counts in columns.items()}
                for segment, columns in self.segments.items()
            }
        return json.dumps(content, sort_keys=True, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Reference:
        """The reference of ``to_json``."""
        content = json.loads(text)
        features = {name: _from_json(column) for name, column in content["features"].items()}
        return cls(
            features,
            _from_json(content["score"]),
            {name: LevelBins(tuple(levels)) for name, levels in content.get("by", {}).items()},
            {
                segment: {name: _counts_from_json(counts) for name, counts in columns.items()}
                for segment, columns in content.get("segments", {}).items()
            },
        )


def make_reference(
    features: pd.DataFrame, entities: pd.Series, columns: Columns, scores: npt.ArrayLike
) -> Reference:
    """The reference of a training: its feature rows (``as_features``), the entity of each row, and
    the scores of the hold-out rows."""
    numeric = {name: _numeric(features[name]) for name in columns.numeric}
    categorical = {name: _categorical(features[name], entities) for name in columns.categorical}
    return Reference(numeric | categorical, _numeric(scores))


def count_rows(column: ColumnReference, values: npt.ArrayLike | pd.Series) -> Counts:
    """Rows of training in the bins of a column."""
    if isinstance(column.bins, NumericBins):
        by_bin = _count(column.bins.assign(np.asarray(values, dtype=float)))
        by_bin[MISSING] = by_bin.pop(NAN, 0)  # pandas has turned NULL into NaN.
        return Counts.of(by_bin, column.bins)
    texts = pd.Series(values)
    texts = texts.astype(str).mask(texts.isna(), None)
    return Counts.of(_count(column.bins.assign(texts.tolist())), column.bins)


def _numeric(values: npt.ArrayLike) -> ColumnReference:
    empty = ColumnReference("numeric", numeric_bins(values), Counts(()))
    return replace(empty, counts=count_rows(empty, values))


def _categorical(values: pd.Series, entities: pd.Series) -> ColumnReference:
    empty = ColumnReference("categorical", level_bins(values, entities), Counts(()))
    return replace(empty, counts=count_rows(empty, values))


def _count(assigned: npt.NDArray[np.int64]) -> dict[int, int]:
    places, counts = np.unique(assigned, return_counts=True)
    return dict(zip(places.tolist(), counts.tolist(), strict=True))


def _as_json(column: ColumnReference) -> dict[str, Any]:
    bins = column.bins
    if isinstance(bins, NumericBins):
        described: dict[str, Any] = {
            "edges": list(bins.edges),
            "lowest": bins.lowest,
            "highest": bins.highest,
        }
    else:
        described = {"levels": list(bins.levels)}
    return {"kind": column.kind, **described, "counts": _counts_as_json(column.counts)}


def _counts_as_json(counts: Counts) -> dict[str, Any]:
    return {
        "bins": list(counts.bins),
        "missing": counts.missing,
        "infinite": counts.infinite,
    }


def _from_json(content: Mapping[str, Any]) -> ColumnReference:
    bins: Bins
    if content["kind"] == "numeric":
        bins = NumericBins(tuple(content["edges"]), content["lowest"], content["highest"])
    else:
        bins = LevelBins(tuple(content["levels"]))
    return ColumnReference(content["kind"], bins, _counts_from_json(content["counts"]))


def _counts_from_json(counts: Mapping[str, Any]) -> Counts:
    return Counts(tuple(counts["bins"]), counts["missing"], infinite=counts["infinite"])
