"""Predicted numbers and their errors in groups, so that no single customer's is shown."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lakehouse.ml.evaluate import bin_of_rows

BINS = 20


def mean_by_prediction(
    labels: npt.ArrayLike, predictions: npt.ArrayLike, groups: int = 10
) -> list[dict[str, float]]:
    """Groups of about equal size by predicted number: mean prediction, mean label and rows."""
    y, p = np.asarray(labels, float), np.asarray(predictions, float)
    place = bin_of_rows(p, groups)
    return [
        {"score": float(p[at].mean()), "rate": float(y[at].mean()), "rows": float(at.sum())}
        for at in (place == group for group in np.unique(place))
    ]


def residual_histogram(labels: npt.ArrayLike, predictions: npt.ArrayLike) -> dict[str, list[float]]:
    """Counts of prediction minus label in equal bins.

    The bins go from the 1st to the 99th percentile; errors beyond are in the outer bins.
    """
    errors = np.asarray(predictions, float) - np.asarray(labels, float)
    low, high = np.quantile(errors, [0.01, 0.99])
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    counts, _ = np.histogram(np.clip(errors, edges[0], edges[-1]), edges)
    return {"edges": edges.tolist(), "counts": counts.tolist()}
