"""The performance of predicted classes whose true classes have become known.

The history of predictions has the most probable class alone, so there is no log loss and no AUC.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.ml.cluster_bootstrap import Floats
from lakehouse.monitoring.bootstrap import DRAWS, Estimates, draw_cells


@dataclass(frozen=True)
class MaturedClasses:
    """Rows of one day and version by true and predicted class (numbers of classes)."""

    actual: npt.NDArray[np.intp]
    predicted: npt.NDArray[np.intp]
    counts: Floats

    @property
    def rows(self) -> int:
        """The predictions with a label."""
        return int(self.counts.sum())

    def estimates(self, seed: int, draws: int = DRAWS) -> Estimates:
        """Each metric, and its values in the draws."""
        drawn = draw_cells(self.counts, self._metrics, draws=draws, seed=seed)
        return {name: (float(v[0]), drawn[name]) for name, v in self._metrics(self.counts).items()}

    def _metrics(self, counts: Floats) -> dict[str, Floats]:
        """The metrics of each row of ``counts``, over the classes that occur in it. As at the
        hold-out, a class without a true row does not count in balanced accuracy."""
        counts = np.atleast_2d(counts)
        classes = 1 + max(self.actual.max(), self.predicted.max())
        is_actual, is_predicted, is_hit = np.zeros((3, len(self.actual), classes))
        cell = np.arange(len(self.actual))
        is_actual[cell, self.actual] = is_predicted[cell, self.predicted] = 1
        is_hit[cell, self.actual] = self.actual == self.predicted
        hits, there, said = counts @ is_hit, counts @ is_actual, counts @ is_predicted
        with np.errstate(invalid="ignore", divide="ignore"):
            recall = np.where(there > 0, hits / there, np.nan)
            f1 = np.where(there + said > 0, 2 * hits / (there + said), np.nan)
        return {
            "accuracy": hits.sum(axis=1) / counts.sum(axis=1),
            "balanced_accuracy": np.nanmean(recall, axis=1),
            "f1_macro": np.nanmean(f1, axis=1),
        }


def count_classes(matched: DataFrame, label: str) -> dict[tuple[str, int], MaturedClasses]:
    """By model name and version, of rows with ``label`` and ``prediction``. Spark counts them by
    both classes, so that at most 2,500 counts of each version are fetched."""
    counted = (
        matched.select("model_name", "model_version", "prediction", _as_class(matched, label))
        .groupBy("model_name", "model_version", "_actual", "prediction")
        .count()
    )
    cells: dict[tuple[str, int], list[tuple[str, str, int]]] = {}
    for name, version, actual, predicted, rows in counted.collect():
        cells.setdefault((name, int(version)), []).append((actual, predicted, rows))
    return {model: _matured(rows) for model, rows in cells.items()}


def _matured(cells: list[tuple[str, str, int]]) -> MaturedClasses:
    actual, predicted, counts = zip(*sorted(cells), strict=True)
    _, places = np.unique([*actual, *predicted], return_inverse=True)
    half = len(actual)
    return MaturedClasses(places[:half], places[half:], np.array(counts, dtype=float))


def _as_class(frame: DataFrame, label: str) -> Column:
    """The label as classes are named at training: whole numbers and booleans as digits."""
    is_text = frame.schema[label].dataType.typeName() in ("string", "char", "varchar")
    value = F.col(label) if is_text else F.col(label).cast("long").cast("string")
    return value.alias("_actual")
