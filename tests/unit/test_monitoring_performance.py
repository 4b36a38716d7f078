"""Performance on counts per score: the metrics of scikit-learn, intervals that cover the truth."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from lakehouse.monitoring.matured_scores import MaturedScores
from lakehouse.monitoring.performance import Performance, evaluate


def matured(scores: np.ndarray, labels: np.ndarray) -> MaturedScores:
    distinct, place = np.unique(scores, return_inverse=True)
    hits = np.bincount(place, labels, minlength=len(distinct))
    return MaturedScores(distinct, hits, np.bincount(place, minlength=len(distinct)) - hits)


def drawn(seed: int, rows: int = 800) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    scores = np.round(rng.beta(1, 4, size=rows), 2)
    return scores, (rng.random(rows) < scores).astype(int)


def by_metric(scores: np.ndarray, labels: np.ndarray) -> dict[str, Performance]:
    return {one.metric: one for one in evaluate(matured(scores, labels))}


def test_the_metrics_are_those_of_scikit_learn_with_ties() -> None:
    scores, labels = drawn(1)
    found = by_metric(scores, labels)
    assert {name: one.value for name, one in found.items()} == pytest.approx(
        {
            "roc_auc": roc_auc_score(labels, scores),
            "average_precision": average_precision_score(labels, scores),
            "brier": brier_score_loss(labels, scores),
            "log_loss": log_loss(labels, np.clip(scores, 5e-5, 1 - 5e-5)),
            "label_rate": labels.mean(),
        }
    )
    assert {one.rows for one in found.values()} == {800}


def test_the_interval_covers_the_truth() -> None:
    covered = 0
    truth = roc_auc_score(*reversed(drawn(99, rows=200_000)))
    for seed in range(60):
        auc = by_metric(*drawn(seed, rows=400))["roc_auc"]
        assert auc.low is not None
        assert auc.high is not None
        covered += auc.low <= truth <= auc.high
    assert covered >= 52


def test_labels_of_one_class_have_no_ranking() -> None:
    found = by_metric(np.array([0.1, 0.4]), np.array([0, 0]))
    assert found["roc_auc"] == Performance("roc_auc", None, None, None, 2)
    assert found["average_precision"].value is None
    assert found["brier"].value == pytest.approx((0.01 + 0.16) / 2)
