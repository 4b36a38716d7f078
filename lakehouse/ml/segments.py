"""Segments of a reference: how each column was distributed at training within a group of customers.

They have the bins of all rows, and their own rows in them. Where a third of the customers move from
one segment to another, each segment compares with itself, and only the share of segments differs.

Worked example: 900 training rows of the plan ``basic`` and 100 of ``premium``, who order more. On a
day with 500 of each, the number of orders drifts over all rows, and within neither segment.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.errors import DeclarationError
from lakehouse.ml.bins import LevelBins, level_bins
from lakehouse.ml.counts import Counts
from lakehouse.ml.declared_candidates import place
from lakehouse.ml.reference import SCORE, ColumnReference, Reference, count_rows

FEWEST_ROWS = 100
"""Rows of a segment, at training and on a day, below which it is not compared: with 10 bins and 20
features chance alone then gives a PSI of 0.35, so that a major drift could not be told from it."""


def segment_name(column: str, level: str) -> str:
    """``plan=premium``, as in ``ops.drift``."""
    return f"{column}={level}"


def add_segments(
    reference: Reference,
    features: pd.DataFrame,
    entities: pd.Series,
    scores: npt.ArrayLike,
    by: tuple[pd.DataFrame, pd.DataFrame],
) -> Reference:
    """The reference with its segments: levels of at least 20 customers and ``FEWEST_ROWS`` rows.

    ``by`` are the columns of the segments, for the training rows (``features``) and for the
    hold-out rows (``scores``).
    """
    training, holdout = (frame.reset_index(drop=True) for frame in by)
    people = entities.reset_index(drop=True)
    levels = {
        name: level_bins(training[name], people, fewest_rows=FEWEST_ROWS) for name in training
    }
    segments = {
        segment_name(str(name), level): {
            **_features_of(reference, features, (training[name] == level).to_numpy()),
            **_score_of(reference.score, scores, (holdout[name] == level).to_numpy()),
        }
        for name, bins in levels.items()
        for level in bins.levels
    }
    named: dict[str, LevelBins] = {str(name): bins for name, bins in levels.items()}
    return replace(reference, by=named, segments=segments)


def segment_columns(rows: pd.DataFrame, model: ModelDecl) -> pd.DataFrame:
    """The columns ``by`` which drift is told, of rows of the training frame.

    Raises DeclarationError for one that is missing, or that is not text.
    """
    for name in model.monitoring.by:
        if name not in rows:
            raise _not_a_segment(model, f"no column '{name}' in the features")
        kind = pd.api.types.infer_dtype(rows[name].astype(object), skipna=True)
        if kind not in ("string", "empty"):
            raise _not_a_segment(
                model, f"'{name}' is not text ({kind}); segments are levels of a text column"
            )
    return rows[list(model.monitoring.by)]


def _not_a_segment(model: ModelDecl, problem: str) -> DeclarationError:
    return DeclarationError(
        f"monitoring.by: {problem}",
        where=place(model.file, "monitoring"),
        hint="name columns of the feature tables that have a few levels, such as a plan",
    )


def _features_of(
    reference: Reference, features: pd.DataFrame, is_inside: npt.NDArray[np.bool_]
) -> dict[str, Counts]:
    return {
        name: count_rows(column, features[name].to_numpy()[is_inside])
        for name, column in reference.features.items()
    }


def _score_of(
    column: ColumnReference, scores: npt.ArrayLike, is_inside: npt.NDArray[np.bool_]
) -> dict[str, Counts]:
    """Empty where the hold-out has too few rows of the segment."""
    if is_inside.sum() < FEWEST_ROWS:
        return {}
    return {SCORE: count_rows(column, np.asarray(scores, dtype=float)[is_inside])}
