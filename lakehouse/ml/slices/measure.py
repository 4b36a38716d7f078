"""The metrics of parts of the hold-out, and how far they are from those of the whole."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lakehouse.ml.bins import FEWEST_ENTITIES
from lakehouse.ml.cluster_bootstrap import Floats, Statistics, resample
from lakehouse.ml.evaluate import Interval, interval, student_interval
from lakehouse.ml.paired_gain import degrees_of_freedom
from lakehouse.ml.slices.levels import Mask
from lakehouse.ml.tasks.task import Scores, Task


@dataclass(frozen=True)
class Part:
    """Some rows of the hold-out: those on which ``column`` has the value ``level``."""

    column: str
    level: str
    mask: Mask


@dataclass(frozen=True)
class Gap:
    """By how much a metric is worse in a part than on the whole (above 0: worse).

    ``freedom`` are the degrees of freedom of ``se``: the part's entities less one, in a
    classification those of its rarest class.
    """

    interval: Interval
    se: float
    freedom: int

    def lower_bound(self, level: float) -> float:
        """What the gap exceeds with the probability ``1 - level``; NaN without an estimate."""
        # A percentile of the draws would need far more of them for small levels.
        return student_interval(self.interval.estimate, self.se, self.freedom, level).low


@dataclass(frozen=True)
class Measured:
    """The metrics of a part with their 95 % intervals, and its gaps to the whole, by metric.

    ``mean_label`` and ``mean_score`` are those of the event and its probability, or of the
    predicted number. Metrics that are not defined, such as the AUC of a single class, are left out.
    """

    column: str
    level: str
    rows: int
    customers: int
    metrics: dict[str, Interval]
    gaps: dict[str, Gap]
    mean_label: float = math.nan
    mean_score: float = math.nan

    @property
    def name(self) -> str:
        """``segment: new``; ``the whole hold-out``."""
        return f"{self.column}: {self.level}" if self.column else "the whole hold-out"

    def to_json(self) -> dict[str, Any]:
        """For the run's record."""
        described = {
            "column": self.column,
            "level": self.level,
            "rows": self.rows,
            "customers": self.customers,
            "mean_label": _finite(self.mean_label),
            "mean_score": _finite(self.mean_score),
            "metrics": {name: bounds_of(bounds) for name, bounds in self.metrics.items()},
        }
        if self.column:
            described["gaps"] = {name: bounds_of(gap.interval) for name, gap in self.gaps.items()}
        return described


@dataclass(frozen=True)
class Measurement:
    """The whole hold-out and its parts. ``hidden`` counts the parts of fewer than 20 customers,
    which are neither measured nor named."""

    whole: Measured
    parts: tuple[Measured, ...]
    hidden: int = 0


def measure(
    groups: Mapping[str, Sequence[Part]],
    labels: pd.Series,
    scores: Scores,
    customers: npt.ArrayLike,
    *,
    task: Task,
    draws: int,
) -> dict[str, Measurement]:
    """Measure the scores of one model on each part of each group, and on the whole.

    All share the samples of whole customers, so that gaps are paired. Labels and scores are in the
    form of the task, in the order of the rows.
    """
    everyone = np.asarray(customers).astype(str)
    shown = {
        group: [part for part in parts if _count(everyone[part.mask]) >= FEWEST_ENTITIES]
        for group, parts in groups.items()
    }
    all_parts = [
        Part("", "", np.ones(len(everyone), dtype=bool)),
        *(part for parts in shown.values() for part in parts),
    ]
    statistics = {
        str(place): _statistics_of(part, labels, scores, task)
        for place, part in enumerate(all_parts)
    }
    once = {name: of(np.ones((1, len(everyone)))) for name, of in statistics.items()}
    drawn = resample(everyone, statistics, draws=draws)
    rows = (labels, scores, everyone)
    whole, *measured = (
        _measured(part, (once[name], once["0"]), (drawn[name], drawn["0"]), rows, task)
        for name, part in zip(statistics, all_parts, strict=True)
    )
    rest = iter(measured)
    return {
        group: Measurement(whole, tuple(islice(rest, len(parts))), len(groups[group]) - len(parts))
        for group, parts in shown.items()
    }


def _measured(
    part: Part,
    once: tuple[dict[str, Floats], dict[str, Floats]],
    drawn: tuple[dict[str, Floats], dict[str, Floats]],
    rows: tuple[pd.Series, Scores, npt.NDArray[np.str_]],
    task: Task,
) -> Measured:
    labels, scores, customers = (values[part.mask] for values in rows)
    freedom = degrees_of_freedom(labels, customers, task)
    metrics, gaps = {}, {}
    for name, (value,) in once[0].items():
        if not np.isfinite(value):
            continue
        metrics[name] = interval(float(value), drawn[0][name])
        sign = -1 if name in task.losses else 1
        apart = sign * (drawn[1][name] - drawn[0][name])
        estimate = sign * float(once[1][name][0] - value)
        if not np.isfinite(estimate):
            continue
        spread = float(np.nanstd(apart, ddof=1)) if np.isfinite(apart).sum() > 1 else math.nan
        gaps[name] = Gap(interval(estimate, apart), spread, freedom)
    truth, said = task.confidence(labels, scores) or (labels, task.monitored(scores))
    means = (float(np.mean(np.asarray(values, float))) for values in (truth, said))
    return Measured(part.column, part.level, len(labels), _count(customers), metrics, gaps, *means)


def _statistics_of(part: Part, labels: pd.Series, scores: Scores, task: Task) -> Statistics:
    """The statistics of the part's rows, of weights of all rows; NaN in a draw without any."""
    of_rows = task.statistics_of_part(labels[part.mask], scores[part.mask], whole=labels)

    def of(weights: Floats) -> dict[str, Floats]:
        inside = weights[:, part.mask]
        is_there = inside.sum(axis=1) > 0
        with np.errstate(invalid="ignore", divide="ignore"):
            values = of_rows(inside)
        return {name: np.where(is_there, value, np.nan) for name, value in values.items()}

    return of


def _count(customers: Sequence[Any] | npt.NDArray[Any]) -> int:
    return len(set(customers))


def bounds_of(bounds: Interval) -> dict[str, float | None]:
    """An interval for a JSON file, in which NaN is null."""
    ends = (("estimate", bounds.estimate), ("low", bounds.low), ("high", bounds.high))
    return {name: _finite(value) for name, value in ends}


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
