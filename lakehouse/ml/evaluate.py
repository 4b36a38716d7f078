"""Metrics of a model on the hold-out, with cluster bootstrap intervals by customer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

Floats = npt.NDArray[np.float64]
BOOTSTRAPPED = ("roc_auc", "average_precision")
_CELLS = 2_000_000


@dataclass(frozen=True)
class Interval:
    """An estimate and its 95 % bootstrap interval."""

    estimate: float
    low: float
    high: float

    def metrics(self, name: str) -> dict[str, float]:
        """As ``name``, ``name_low`` and ``name_high``."""
        return {name: self.estimate, f"{name}_low": self.low, f"{name}_high": self.high}


def metrics(labels: npt.ArrayLike, probabilities: npt.ArrayLike) -> dict[str, float]:
    """ROC AUC, average precision, Brier score, log loss, lift and calibration error.

    ``labels`` are 0 or 1, with both present; probabilities are those of label 1.
    """
    return {
        "roc_auc": float(roc_auc_score(labels, probabilities)),
        "average_precision": float(average_precision_score(labels, probabilities)),
        "brier": float(brier_score_loss(labels, probabilities)),
        "log_loss": float(log_loss(labels, probabilities, labels=[0, 1])),
        "lift_top_decile": lift(labels, probabilities),
        "calibration_error": calibration_error(labels, probabilities),
    }


def lift(labels: npt.ArrayLike, probabilities: npt.ArrayLike, share: float = 0.1) -> float:
    """The rate of the label in the top ``share`` of scores, divided by the overall rate.

    Ties at the threshold count proportionally, so that a constant score has a lift of exactly 1.
    """
    y, p = np.asarray(labels, float), np.asarray(probabilities, float)
    size = math.ceil(len(p) * share)
    border = np.sort(p)[-size]
    above, at = p > border, p == border
    hits = y[above].sum() + (size - above.sum()) * y[at].mean()
    return float(hits / size / y.mean())


def calibration_bins(
    labels: npt.ArrayLike, probabilities: npt.ArrayLike, bins: int = 10
) -> list[dict[str, float]]:
    """scikit-learn's calibration curve over quantiles: mean score, label rate and rows per bin.

    scikit-learn does not return the rows per bin, which weight the calibration error.
    """
    p = np.asarray(probabilities, float)
    rates, scores = calibration_curve(labels, p, n_bins=bins, strategy="quantile")
    edges = np.percentile(p, np.linspace(0, 100, bins + 1)[1:-1])
    _, rows = np.unique(np.searchsorted(edges, p), return_counts=True)
    return [
        {"score": float(score), "rate": float(rate), "rows": float(count)}
        for score, rate, count in zip(scores, rates, rows, strict=True)
    ]


def calibration_error(labels: npt.ArrayLike, probabilities: npt.ArrayLike) -> float:
    """Expected calibration error: the mean of abs(score - rate) over bins, weighted by rows."""
    bins = calibration_bins(labels, probabilities)
    rows = sum(group["rows"] for group in bins)
    return sum(abs(group["score"] - group["rate"]) * group["rows"] for group in bins) / rows


def bootstrap(
    labels: npt.ArrayLike,
    customers: npt.ArrayLike,
    scores: Mapping[str, npt.ArrayLike],
    *,
    draws: int = 1000,
    seed: int = 20_260,
) -> dict[str, dict[str, Floats]]:
    """ROC AUC and average precision of each model in ``draws`` samples of whole customers.

    All models share the samples, so that differences are paired. A draw with only one class is
    NaN.
    """
    y, (groups, place) = np.asarray(labels, float), group_rows(customers)
    ranked = {name: Ranked(np.asarray(score, float), y) for name, score in scores.items()}
    drawn: dict[str, list[tuple[Floats, Floats]]] = {name: [] for name in ranked}
    rng = np.random.default_rng(seed)
    chunk = max(1, _CELLS // len(y))
    for start in range(0, draws, chunk):
        weights = draw_weights(rng, groups, min(chunk, draws - start))[:, place]
        for name, model in ranked.items():
            drawn[name].append(model.auc_and_ap(weights))
    return {
        name: dict(zip(BOOTSTRAPPED, map(np.concatenate, zip(*parts, strict=True)), strict=True))
        for name, parts in drawn.items()
    }


def interval(estimate: float, drawn: Floats) -> Interval:
    """The estimate with the 2.5th and 97.5th percentiles of the draws, without NaN."""
    valid = drawn[~np.isnan(drawn)]
    low, high = np.quantile(valid, [0.025, 0.975]) if valid.size else (math.nan, math.nan)
    return Interval(estimate, float(low), float(high))


def group_rows(customers: npt.ArrayLike) -> tuple[int, npt.NDArray[np.intp]]:
    """The number of customers, and the number of each row's customer."""
    names, place = np.unique(np.asarray(customers).astype(str), return_inverse=True)
    return len(names), place


def draw_weights(rng: np.random.Generator, groups: int, draws: int) -> Floats:
    """The number of times that each customer is in each draw."""
    return np.stack(
        [np.bincount(rng.integers(groups, size=groups), minlength=groups) for _ in range(draws)]
    ).astype(float)


class Ranked:
    """Rows sorted once by descending score, so that each draw is a weighted cumulative sum."""

    def __init__(self, scores: Floats, labels: Floats) -> None:
        self.order = np.argsort(-scores, kind="stable")
        self.labels = labels[self.order]
        ordered = scores[self.order]
        self.ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))

    def auc_and_ap(self, weights: Floats) -> tuple[Floats, Floats]:
        """ROC AUC and average precision per row of ``weights``, with ties as in scikit-learn."""
        ordered = weights[:, self.order]
        hits = np.cumsum(ordered * self.labels, axis=1)[:, self.ends]
        misses = np.cumsum(ordered * (1 - self.labels), axis=1)[:, self.ends]
        new_hits, new_misses = np.diff(hits, prepend=0), np.diff(misses, prepend=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            area = (new_misses * (hits - new_hits / 2)).sum(axis=1)
            auc = area / (hits[:, -1] * misses[:, -1])
            precision = np.where(hits > 0, hits / (hits + misses), 0.0)
            ap = (new_hits * precision).sum(axis=1) / hits[:, -1]
        one_class = (hits[:, -1] == 0) | (misses[:, -1] == 0)
        return np.where(one_class, np.nan, auc), np.where(one_class, np.nan, ap)
