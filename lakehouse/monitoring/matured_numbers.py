"""The performance of predicted numbers whose true numbers have become known.

Errors are added up in ``GROUPS`` random groups of customers, so that no row leaves Spark. Drawing
groups estimates the variance that drawing customers would (the method of random groups: K. Wolter,
Introduction to Variance Estimation, 2007, chapter 2); with fewer customers than groups nearly each
has a group of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.ml.cluster_bootstrap import Floats
from lakehouse.ml.tasks.regression import weighted_median
from lakehouse.monitoring.bootstrap import DRAWS, Estimates, draw_cells, draw_groups

GROUPS = 1000
DIGITS = 3
"""The significant digits to which absolute errors are rounded, for their median alone."""
_SUMS = ("rows", "errors", "absolute", "squared", "label", "spread")


@dataclass(frozen=True)
class MaturedNumbers:
    """Sums of one day and version by group (``groups``, in the order of ``_SUMS``; ``label`` is the
    mean label of the group and ``spread`` its sum of squares around it), and the rows (``counts``)
    for each rounded absolute error, ascending."""

    groups: Floats
    errors: Floats
    counts: Floats

    @property
    def rows(self) -> int:
        """The predictions with a label."""
        return int(self.counts.sum())

    def estimates(self, seed: int, draws: int = DRAWS) -> Estimates:
        """Each metric, and its values in the draws."""
        once = self._of_groups(np.ones((1, len(self.groups)))) | self._median(self.counts)
        drawn = draw_groups(len(self.groups), self._of_groups, draws=draws, seed=seed)
        drawn |= draw_cells(self.counts, self._median, draws=draws, seed=seed)
        return {name: (float(values[0]), drawn[name]) for name, values in once.items()}

    def _of_groups(self, weights: Floats) -> dict[str, Floats]:
        rows, errors, absolute, squared, label, spread = self.groups.T
        total = weights @ rows
        centre = label.mean()
        mean = weights @ (rows * (label - centre)) / total
        around = weights @ (rows * (label - centre) ** 2) / total - mean**2
        variance = weights @ spread / total + around
        mse = weights @ squared / total
        with np.errstate(invalid="ignore", divide="ignore"):
            explained = np.where(variance > 0, 1 - mse / variance, np.nan)
        return {
            "rmse": np.sqrt(mse),
            "mae": weights @ absolute / total,
            "r2": explained,
            "mean_error": weights @ errors / total,
            "label_mean": centre + mean,
        }

    def _median(self, counts: Floats) -> dict[str, Floats]:
        return {"median_absolute_error": weighted_median(self.errors, np.atleast_2d(counts))}


def count_numbers(
    matched: DataFrame, entity: str, label: str
) -> dict[tuple[str, int], MaturedNumbers]:
    """By model name and version, of rows with ``entity``, ``label`` and ``prediction``."""
    error = F.col("prediction") - F.col(label).cast("double")
    rows = matched.select(
        "model_name",
        "model_version",
        F.pmod(F.xxhash64(entity), F.lit(GROUPS)).alias("_group"),
        F.col(label).cast("double").alias("_label"),
        error.alias("_error"),
    )
    keys = ["model_name", "model_version"]
    sums = rows.groupBy(*keys, "_group").agg(
        F.count("*"),
        F.sum("_error"),
        F.sum(F.abs("_error")),
        F.sum(F.col("_error") ** 2),
        F.avg("_label"),
        F.var_pop("_label") * F.count("*"),
    )
    by_error = rows.groupBy(*keys, _rounded(F.abs("_error")).alias("_size")).count()
    groups: dict[tuple[str, int], list[tuple[float, ...]]] = {}
    for name, version, _, *values in sums.orderBy(*keys, "_group").collect():
        groups.setdefault((name, int(version)), []).append(tuple(values))
    errors: dict[tuple[str, int], list[tuple[float, int]]] = {}
    for name, version, size, number in by_error.orderBy(*keys, "_size").collect():
        errors.setdefault((name, int(version)), []).append((size, number))
    return {
        model: MaturedNumbers(
            np.array(groups[model], dtype=float), *np.array(errors[model], dtype=float).T
        )
        for model in groups
    }


def _rounded(size: Column) -> Column:
    """To ``DIGITS`` significant digits; 0 stays 0."""
    step = F.pow(F.lit(10.0), F.floor(F.log10(size)) - F.lit(DIGITS - 1))
    return F.when(size > 0, F.round(size / step) * step).otherwise(F.lit(0.0))
