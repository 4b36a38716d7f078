"""The drift of a day: each feature, and the score, compared with the reference of a model."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from lakehouse.config.model.monitoring import ModelMonitoring
from lakehouse.ml.bins import LevelBins
from lakehouse.ml.counts import Counts
from lakehouse.ml.psi import Stability, stability
from lakehouse.ml.reference import SCORE, ColumnReference, Reference
from lakehouse.ml.segments import FEWEST_ROWS
from lakehouse.monitoring.shares import OddShare, odd_shares

Level = Literal["ok", "warning", "alarm"]
Key = tuple[str, str | None]
"""A column, and the segment within which it is compared; None for all rows."""


@dataclass(frozen=True)
class ColumnDrift:
    """The drift of one column on one day, over all rows or within ``segment``. ``kind`` is numeric,
    categorical or score. ``reason`` is what the level comes from: ``type``, ``psi`` or one of the
    shares; None where it is ok.

    ``psi`` has no part that is expected by chance, ``psi_raw`` has it, ``psi_bound`` is what chance
    exceeds on one day in a hundred. Shares are of ``rows``: ``missing_share`` of NULL and NaN,
    ``unseen_share`` of levels that the reference does not name, rare ones among them; None for
    numbers. Those of training are ``training_missing_share`` and ``training_unseen_share``.
    """

    column: str
    segment: str | None
    kind: str
    psi: float
    level: Level
    reason: str | None
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

    @property
    def key(self) -> Key:
        """What is compared."""
        return self.column, self.segment


def compare_day(
    reference: Reference,
    counted: Mapping[str | None, Mapping[str, Counts]],
    thresholds: ModelMonitoring,
    retyped: Collection[str] = (),
) -> list[ColumnDrift]:
    """The drift of the counted columns, features by name and ``SCORE``, over all rows (None) and
    within each segment.

    Left out: a column without rows on the day, and a segment with fewer than ``FEWEST_ROWS``.
    Chance is shared: half of it is for all rows, as far as there are segments, so that those hardly
    change what is found over all rows. ``retyped`` columns have another type than at training.
    """
    whole = [
        (name, None, reference.columns[name], counts)
        for name, counts in counted.get(None, {}).items()
        if counts.rows
    ]
    inside = list(_within_segments(reference, counted))
    halves = 2 if inside else 1
    return [
        compare(
            name,
            column,
            counts,
            thresholds=thresholds,
            columns=halves * len(group),
            segment=segment,
            is_retyped=name in retyped,
        )
        for group in (whole, inside)
        for name, segment, column, counts in group
    ]


def left_out(reference: Reference, counted: Mapping[str | None, Mapping[str, Counts]]) -> list[str]:
    """The segments that have too few rows to be compared."""
    return [name for name in reference.segments if not _is_large(counted.get(name, {}))]


def compare(
    name: str,
    reference: ColumnReference,
    counts: Counts,
    *,
    thresholds: ModelMonitoring,
    columns: int,
    segment: str | None = None,
    is_retyped: bool = False,
) -> ColumnDrift:
    """The drift of one column, of ``columns`` that are compared on the day."""
    # Half of the chance of a false alarm is for the PSI, half for the shares.
    measured = stability(reference.counts.parts(), counts.parts(), columns=2 * columns)
    odd = list(odd_shares(reference, counts, comparisons=2 * columns))
    level, reason = _judge(measured, odd, thresholds, is_retyped)
    is_levels = isinstance(reference.bins, LevelBins)
    trained = reference.counts
    return ColumnDrift(
        column=name,
        segment=segment,
        kind="score" if name == SCORE else reference.kind,
        psi=measured.psi,
        level=level,
        reason=reason,
        psi_raw=measured.raw,
        psi_bound=measured.bound,
        rows=counts.rows,
        missing_share=_share(counts.missing + counts.nan, counts),
        nan_share=_share(counts.nan, counts),
        infinite_share=_share(counts.infinite, counts),
        out_of_range_share=None if is_levels else _share(counts.out_of_range, counts),
        unseen_share=_share(counts.bins[-1], counts) if is_levels else None,
        training_missing_share=_share(trained.missing, trained),
        training_unseen_share=_share(trained.bins[-1], trained) if is_levels else None,
    )


def _judge(
    measured: Stability, odd: list[OddShare], thresholds: ModelMonitoring, is_retyped: bool
) -> tuple[Level, str | None]:
    """The level, and the first reason for it; of the shares, the one that rose most."""
    share = max(odd, key=lambda one: (one.increase, one.what == "nan"), default=None)
    if is_retyped:
        return "alarm", "type"
    if share is not None and share.is_major:
        return "alarm", share.what
    if measured.exceeds(thresholds.alarm):
        return "alarm", share.what if share else "psi"
    if share is not None:
        return "warning", share.what
    return ("warning", "psi") if measured.exceeds(thresholds.warn) else ("ok", None)


def _within_segments(
    reference: Reference, counted: Mapping[str | None, Mapping[str, Counts]]
) -> Iterator[tuple[str, str, ColumnReference, Counts]]:
    for segment in reference.segments:
        there = counted.get(segment, {})
        if _is_large(there):
            for name, column in reference.columns_of(segment).items():
                if name in there and there[name].rows >= FEWEST_ROWS:
                    yield name, segment, column, there[name]


def _is_large(columns: Mapping[str, Counts]) -> bool:
    return max((counts.rows for counts in columns.values()), default=0) >= FEWEST_ROWS


def _share(rows: int, counts: Counts) -> float:
    return rows / counts.rows if counts.rows else 0.0
