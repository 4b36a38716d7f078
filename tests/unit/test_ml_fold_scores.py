"""Sets of parameters that share their preparation score as if each were fitted alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from made_up_training import imbalanced
from sklearn.preprocessing import QuantileTransformer

from lakehouse.config.model.training import ModelTraining
from lakehouse.ml.candidates import Candidate, boosted, dummy, linear
from lakehouse.ml.fitting import Fitting
from lakehouse.ml.fold_scores import Fold, score_fold
from lakehouse.ml.search import Job, Search
from lakehouse.ml.select import folds_by_customer
from lakehouse.ml.sides import Side
from lakehouse.ml.tasks.binary import Binary
from lakehouse.ml.weights import score_rows

SETS: dict[str, list[dict[str, Any]]] = {
    "dummy": [{}],
    "linear": [
        {"model__C": 0.01},
        {"model__C": 1.0},
        {"model__C": 1.0, "prepare__numbers__normal__n_quantiles": 5},
    ],
    "boosted": [{"model__max_leaf_nodes": 6}, {"model__max_leaf_nodes": 16}],
}
PIPELINES = {"dummy": dummy(), "linear": linear(["a", "b", "size"], ["segment"]),
             "boosted": boosted(["a", "b", "size"], ["segment"])}  # fmt: skip


def fold() -> Fold:
    rows = imbalanced(2000, shift=2.0)
    weighted = rows._replace(weights=np.where(rows.labels == 1, 1.0, 3.0))
    return Fold(weighted.take(np.arange(1600)), weighted.take(np.arange(1600, 2000)))


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(
    "training",
    [
        {},
        {"select_features": {"max": 3}, "pca": {"variance": 0.9}},
        {"class_weight": "balanced", "calibrate": "isotonic"},
    ],
)
def test_scores_are_those_of_each_fitted_alone(name: str, training: dict[str, Any]) -> None:
    fitting, candidate = (
        Fitting(Binary(), ModelTraining(**training)),
        Candidate(name, PIPELINES[name]),
    )
    known = fold()
    alone = [
        score_rows("neg_log_loss", fitting.fit(candidate, params, known.train), known.test)
        for params in SETS[name]
    ]
    together = list(score_fold(fitting, candidate, SETS[name], known, "neg_log_loss"))
    assert together == alone
    assert len(set(together)) == len(together)


def test_the_preparation_is_fitted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fits: list[int] = []
    fit = QuantileTransformer.fit

    def counted(self: QuantileTransformer, *given: Any, **named: Any) -> Any:
        fits.append(1)
        return fit(self, *given, **named)

    monkeypatch.setattr(QuantileTransformer, "fit", counted)
    linear = Candidate("linear", PIPELINES["linear"])
    list(score_fold(Fitting(Binary()), linear, SETS["linear"], fold(), "roc_auc"))
    assert len(fits) == 2  # The third set has another number of quantiles.


def test_jobs_of_one_candidate_and_fold_are_together() -> None:
    rows: Side = imbalanced(400, shift=2.0)
    grid = {"model__C": [0.1, 0.2, 0.3, 0.4]}
    candidates = {"linear": Candidate("linear", PIPELINES["linear"], grid)}
    folds = folds_by_customer(rows.labels, rows.customers)[:2]
    tried = Search(candidates, rows, folds, "roc_auc", Fitting(Binary()))
    groups = tried.together(tried.jobs([0, 1, 2, 3]))
    assert groups == [
        [Job(trial, fold) for trial in trials] for fold in (0, 1) for trials in ([0, 1, 2], [3])
    ]
