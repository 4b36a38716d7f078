"""The performance of probabilities of two classes whose labels have become known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.ml.cluster_bootstrap import Floats
from lakehouse.monitoring.bootstrap import DRAWS, Estimates, draw_cells

DIGITS = 4


@dataclass(frozen=True)
class MaturedScores:
    """Rows of one day and version: ``hits`` and ``misses`` are those with label 1 and 0 for each
    distinct score, in ascending order, rounded to ``DIGITS``."""

    scores: Floats
    hits: Floats
    misses: Floats

    @property
    def rows(self) -> int:
        """The predictions with a label."""
        return int(self.hits.sum() + self.misses.sum())

    def estimates(self, seed: int, draws: int = DRAWS) -> Estimates:
        """Each metric, and its values in the draws."""
        counts = np.concatenate([self.hits, self.misses])
        drawn = draw_cells(counts, self._metrics, draws=draws, seed=seed)
        return {name: (float(v[0]), drawn[name]) for name, v in self._metrics(counts).items()}

    def _metrics(self, counts: Floats) -> dict[str, Floats]:
        """The metrics of each row of ``counts``; NaN where a class is absent. Ties count as in
        scikit-learn."""
        counts, size = np.atleast_2d(counts), len(self.scores)
        hits, misses = counts[:, :size][:, ::-1], counts[:, size:][:, ::-1]
        scores = self.scores[::-1]
        all_hits, all_misses = hits.sum(axis=1), misses.sum(axis=1)
        above, beside = np.cumsum(hits, axis=1), np.cumsum(misses, axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            auc = (misses * (above - hits / 2)).sum(axis=1) / (all_hits * all_misses)
            precision = np.where(above > 0, above / (above + beside), 0.0)
            average = (hits * precision).sum(axis=1) / all_hits
        one_class, rows = (all_hits == 0) | (all_misses == 0), all_hits + all_misses
        nearest = 0.5 * 10**-DIGITS  # a score that was rounded to 0 or 1 is not certain
        sure = np.clip(scores, nearest, 1 - nearest)
        surprise = -(hits @ np.log(sure) + misses @ np.log(1 - sure))
        return {
            "roc_auc": np.where(one_class, np.nan, auc),
            "average_precision": np.where(one_class, np.nan, average),
            "brier": (hits @ (1 - scores) ** 2 + misses @ scores**2) / rows,
            "log_loss": surprise / rows,
            "label_rate": all_hits / rows,
        }


def count_scores(matched: DataFrame, label: str) -> dict[tuple[str, int], MaturedScores]:
    """By model name and version, of rows with ``label`` and ``probability``. Spark counts them by
    rounded score, so that at most 10,001 counts of each label and version are fetched."""
    rows = matched.select(
        "model_name",
        "model_version",
        F.round("probability", DIGITS).alias("_score"),
        F.col(label).cast("int").alias("_label"),
    )
    grouped = rows.groupBy("model_name", "model_version", "_score").agg(
        F.sum("_label").alias("hits"), F.sum(1 - F.col("_label")).alias("misses")
    )
    cells: dict[tuple[str, int], list[tuple[float, int, int]]] = {}
    for name, version, score, hits, misses in grouped.collect():
        cells.setdefault((name, int(version)), []).append((score, hits, misses))
    return {
        model: MaturedScores(
            *(np.array(values, dtype=float) for values in zip(*sorted(rows), strict=True))
        )
        for model, rows in cells.items()
    }
