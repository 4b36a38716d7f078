"""The drift of a day: each feature, and the score, compared with the reference of a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from lakehouse.config.model_declaration import ModelMonitoring
from lakehouse.ml.bins import LevelBins
from lakehouse.ml.psi import CHANCE, stability
from lakehouse.ml.reference import SCORE, ColumnReference, Counts, Reference

Level = Literal["ok", "warning", "alarm"]
RANGE_SHARE = 0.01
"""The share of rows outside the range of training from which a column is worth a look."""


@dataclass(frozen=True)
class ColumnDrift:
    """The drift of one column on one day. ``kind`` is numeric, categorical or score.

    ``psi`` has no part that is expected by chance, ``psi_raw`` has it, ``psi_bound`` is what chance
    exceeds on one day in a hundred. Shares are of ``rows``: ``missing_share`` of NULL and NaN,
    ``unseen_share`` of levels that the reference does not name, rare ones among them; None for
    numbers. Those of training are ``training_missing_share`` and ``training_unseen_share``.
    """

    column: str
    kind: str
    psi: float
    level: Level
    psi_raw: float
    psi_bound: float
    rows: int
    missing_share: float
    nan_share: float
    infinite_share: float
    out_of_range_share: float | None
    unseen_share: float | None
    training_missing_share: float
    training_unseen_share: float | None


def compare_day(
    reference: Reference, counted: Mapping[str, Counts], thresholds: ModelMonitoring
) -> Iterator[ColumnDrift]:
    """The drift of the counted columns: features by name, and ``SCORE``. A column without rows on
    the day is left out."""
    columns = {**reference.features, SCORE: reference.score}
    for name, counts in counted.items():
        if counts.rows:
            kind = "score" if name == SCORE else columns[name].kind
            yield compare(
                name, kind, columns[name], counts, thresholds=thresholds, columns=len(counted)
            )


def compare(
    name: str,
    kind: str,
    reference: ColumnReference,
    counts: Counts,
    *,
    thresholds: ModelMonitoring,
    columns: int,
) -> ColumnDrift:
    """The drift of one column, of ``columns`` that are compared on the day."""
    measured = stability(reference.counts.parts(), counts.parts(), columns=columns)
    level: Level = "ok"
    if measured.exceeds(thresholds.alarm):
        level = "alarm"
    elif measured.exceeds(thresholds.warn) or has_left_range(reference, counts, columns=columns):
        level = "warning"
    is_levels = isinstance(reference.bins, LevelBins)
    return ColumnDrift(
        column=name,
        kind=kind,
        psi=measured.psi,
        level=level,
        psi_raw=measured.raw,
        psi_bound=measured.bound,
        rows=counts.rows,
        missing_share=_share(counts.missing + counts.nan, counts),
        nan_share=_share(counts.nan, counts),
        infinite_share=_share(counts.infinite, counts),
        out_of_range_share=None if is_levels else _share(counts.out_of_range, counts),
        unseen_share=_share(counts.bins[-1], counts) if is_levels else None,
        training_missing_share=_share(reference.counts.missing, reference.counts),
        training_unseen_share=(
            _share(reference.counts.bins[-1], reference.counts) if is_levels else None
        ),
    )


def has_left_range(reference: ColumnReference, counts: Counts, *, columns: int) -> bool:
    """Whether more than ``RANGE_SHARE`` of the numbers are outside the range of training, and more
    than chance puts there.

    For n values at training and m on the day from the same distribution, the number outside is
    beta-binomial with m, 2 and n - 1, whatever the distribution (S. Wilks, Determination of Sample
    Sizes for Setting Tolerance Limits, 1941). The rounded range makes it smaller.
    """
    from scipy.stats import betabinom

    trained, numbers = sum(reference.counts.bins), sum(counts.bins)
    outside = counts.out_of_range
    if trained < 2 or outside <= RANGE_SHARE * max(numbers, 1):
        return False
    return bool(betabinom.sf(outside - 1, numbers, 2, trained - 1) < CHANCE / columns)


def _share(rows: int, counts: Counts) -> float:
    return rows / counts.rows if counts.rows else 0.0
