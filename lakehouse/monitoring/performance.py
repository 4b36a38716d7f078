"""The performance of predictions whose labels have become known, with bootstrap intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.ml.evaluate import interval

Floats = npt.NDArray[np.float64]
DIGITS = 4
DRAWS = 1000
_CELLS = 2_000_000


@dataclass(frozen=True)
class Matured:
    """Predictions of one day and version with their labels: ``hits`` and ``misses`` are the rows
    with label 1 and 0 for each distinct score, in ascending order, rounded to ``DIGITS``."""

    scores: Floats
    hits: Floats
    misses: Floats

    @property
    def rows(self) -> int:
        """The predictions with a label."""
        return int(self.hits.sum() + self.misses.sum())


@dataclass(frozen=True)
class Performance:
    """One metric with its 95 % bootstrap interval; None where the labels have one class only."""

    metric: str
    value: float | None
    low: float | None
    high: float | None
    rows: int


def match_labels(
    predictions: DataFrame, labels: DataFrame, *, entity: str, label: str
) -> dict[tuple[str, int], Matured]:
    """The predictions of one day with their labels, by model name and version.

    Predictions without a label are left out. Spark counts rows by rounded score and label, so that
    at most some 20,000 counts are fetched, whatever the number of rows.
    """
    known = labels.where(F.col(label).isNotNull()).select(
        entity, "as_of", F.col(label).cast("int").alias("_label")
    )
    rounded = predictions.where("NOT isnan(probability)").select(
        entity,
        "as_of",
        "model_name",
        "model_version",
        F.round("probability", DIGITS).alias("_score"),
    )
    counted = rounded.join(known, [entity, "as_of"], "inner")
    grouped = counted.groupBy("model_name", "model_version", "_score").agg(
        F.sum("_label").alias("hits"), F.sum(1 - F.col("_label")).alias("misses")
    )
    cells: dict[tuple[str, int], list[tuple[float, int, int]]] = {}
    for name, version, score, hits, misses in grouped.collect():
        cells.setdefault((name, int(version)), []).append((score, hits, misses))
    return {
        model: Matured(
            *(np.array(values, dtype=float) for values in zip(*sorted(rows), strict=True))
        )
        for model, rows in cells.items()
    }


def evaluate(matured: Matured, *, seed: int = 20_260) -> Iterator[Performance]:
    """ROC AUC, average precision and Brier score with intervals, and the rate of the label.

    Each customer has one row on a day, so that drawing rows draws customers.
    """
    point = _metrics(matured.scores, matured.hits[None], matured.misses[None])
    drawn = _bootstrap(matured, seed)
    for name, estimates in point.items():
        bounds = interval(float(estimates[0]), drawn[name])
        low, high = _known(bounds.low), _known(bounds.high)
        yield Performance(name, _known(bounds.estimate), low, high, matured.rows)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _bootstrap(matured: Matured, seed: int) -> dict[str, Floats]:
    rng, size = np.random.default_rng(seed), len(matured.scores)
    counts = np.concatenate([matured.hits, matured.misses])
    shares = counts / counts.sum()
    chunk = max(1, _CELLS // len(counts))
    parts: dict[str, list[Floats]] = {}
    for start in range(0, DRAWS, chunk):
        drawn = rng.multinomial(matured.rows, shares, size=min(chunk, DRAWS - start)).astype(float)
        for name, values in _metrics(matured.scores, drawn[:, :size], drawn[:, size:]).items():
            parts.setdefault(name, []).append(values)
    return {name: np.concatenate(values) for name, values in parts.items()}


def _metrics(scores: Floats, hits: Floats, misses: Floats) -> dict[str, Floats]:
    """The metrics of each row of ``hits`` and ``misses``; NaN where a class is absent. Ties count
    as in scikit-learn."""
    hits, misses, scores = hits[:, ::-1], misses[:, ::-1], scores[::-1]
    all_hits, all_misses = hits.sum(axis=1), misses.sum(axis=1)
    above, beside = np.cumsum(hits, axis=1), np.cumsum(misses, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        auc = (misses * (above - hits / 2)).sum(axis=1) / (all_hits * all_misses)
        precision = np.where(above > 0, above / (above + beside), 0.0)
        average = (hits * precision).sum(axis=1) / all_hits
    one_class = (all_hits == 0) | (all_misses == 0)
    rows = all_hits + all_misses
    squared = (hits * (1 - scores) ** 2 + misses * scores**2).sum(axis=1)
    return {
        "roc_auc": np.where(one_class, np.nan, auc),
        "average_precision": np.where(one_class, np.nan, average),
        "brier": squared / rows,
        "label_rate": all_hits / rows,
    }
