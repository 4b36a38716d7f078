"""Metrics of a model on the hold-out, with cluster bootstrap intervals by customer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from lakehouse.ml.cluster_bootstrap import Floats, Statistics, resample, weighted_mean

BOOTSTRAPPED = ("roc_auc", "average_precision", "brier", "log_loss")


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
    _, rows = np.unique(bin_of_rows(p, bins), return_counts=True)
    return [
        {"score": float(score), "rate": float(rate), "rows": float(count)}
        for score, rate, count in zip(scores, rates, rows, strict=True)
    ]


def bin_of_rows(probabilities: Floats, bins: int = 10) -> npt.NDArray[np.intp]:
    """The number of each row's bin, as in scikit-learn's calibration curve over quantiles."""
    edges = np.percentile(probabilities, np.linspace(0, 100, bins + 1)[1:-1])
    return np.searchsorted(edges, probabilities)


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
    """The metrics in ``BOOTSTRAPPED`` of each model in samples of whole customers.

    All models share the ``draws`` samples, so that differences are paired. Ranking in a draw with
    only one class is NaN.
    """
    y = np.asarray(labels, float)
    of_models = {name: statistics(y, np.asarray(score, float)) for name, score in scores.items()}
    return resample(customers, of_models, draws=draws, seed=seed)


def interval(estimate: float, drawn: Floats) -> Interval:
    """The estimate with the 2.5th and 97.5th percentiles of the draws, without NaN."""
    valid = drawn[~np.isnan(drawn)]
    low, high = np.quantile(valid, [0.025, 0.975]) if valid.size else (math.nan, math.nan)
    return Interval(estimate, float(low), float(high))


def student_interval(estimate: float, se: float, freedom: int, level: float = 0.025) -> Interval:
    """``estimate ± t · se``, whose ends are each missed with the probability ``level``; with at
    least one degree of freedom."""
    reach = float(student.ppf(1 - level, max(freedom, 1))) * se
    return Interval(estimate, estimate - reach, estimate + reach)


def statistics(labels: Floats, scores: Floats) -> Statistics:
    """The metrics in ``BOOTSTRAPPED``, for draws of the rows."""
    ranked, squares = Ranked(scores, labels), (scores - labels) ** 2
    smallest = np.finfo(float).eps  # as in scikit-learn
    surprise = -np.log(np.clip(np.where(labels == 1, scores, 1 - scores), smallest, 1 - smallest))

    def of(weights: Floats) -> dict[str, Floats]:
        losses = (weighted_mean(loss, weights) for loss in (squares, surprise))
        values = (*ranked.auc_and_ap(weights), *losses)
        return dict(zip(BOOTSTRAPPED, values, strict=True))

    return of


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
