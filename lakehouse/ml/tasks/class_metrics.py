"""Metrics of more than two classes, of the rows as they are and of bootstrap draws alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lakehouse.ml.cluster_bootstrap import Floats, weighted_mean
from lakehouse.ml.evaluate import Ranked

_SMALLEST = 1e-15


class ClassMetrics:
    """The metrics of probabilities (a column for each class) against the labels of the rows."""

    def __init__(self, labels: pd.Series, scores: pd.DataFrame) -> None:
        names, p = scores.columns.to_numpy(), scores.to_numpy()
        self.is_class = (np.asarray(labels)[:, None] == names[None, :]).astype(float)
        self.is_predicted = np.eye(len(names))[p.argmax(axis=1)]
        # A class that training had no row of has the probability 0.
        self.surprise = -np.log(np.clip((p * self.is_class).sum(axis=1), _SMALLEST, 1))
        self.ranked = [Ranked(p[:, at], self.is_class[:, at]) for at in range(len(names))]

    def all(self, weights: Floats | None = None) -> dict[str, float]:
        """The metrics of the rows, each counted ``weights`` times, or once."""
        counted = np.ones(len(self.surprise)) if weights is None else weights
        metrics = self.of_draws(counted[None, :])
        return {name: float(values[0]) for name, values in metrics.items()}

    def of_draws(self, weights: Floats) -> dict[str, Floats]:
        """The metrics of each draw.

        A class without a row in a draw counts neither in balanced accuracy nor in the AUC. A class
        that is neither there nor predicted has an F1 of 0, as in scikit-learn.
        """
        hits = weights @ (self.is_class * self.is_predicted)
        there, predicted = weights @ self.is_class, weights @ self.is_predicted
        with np.errstate(invalid="ignore", divide="ignore"):
            recall = np.where(there > 0, hits / there, np.nan)
            f1 = np.where(there + predicted > 0, 2 * hits / (there + predicted), 0.0)
        areas = np.stack([ranked.auc_and_ap(weights)[0] for ranked in self.ranked], axis=1)
        return {
            "log_loss": weighted_mean(self.surprise, weights),
            "f1_macro": f1.mean(axis=1),
            "balanced_accuracy": _mean_of_known(recall),
            "accuracy": hits.sum(axis=1) / weights.sum(axis=1),
            "roc_auc_ovr": _mean_of_known(areas),
        }


def confusion(labels: pd.Series, scores: pd.DataFrame) -> dict[str, Any]:
    """Rows by true class (outer) and predicted class (inner), in the order of ``classes``."""
    names = [str(name) for name in scores.columns]
    table = pd.crosstab(labels.to_numpy(), scores.idxmax(axis=1).to_numpy())
    table = table.reindex(index=names, columns=names, fill_value=0)
    return {"classes": names, "rows": table.to_numpy().tolist()}


def _mean_of_known(values: Floats) -> Floats:
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    mean: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean
