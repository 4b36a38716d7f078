"""Weights, stages and calibration are fitted as ``training`` declares, on the given rows alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from made_up_training import declared, imbalanced
from pydantic import ValidationError
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from lakehouse.config.model.training import ModelTraining
from lakehouse.errors import DeclarationError
from lakehouse.ml.artifact import TRUSTED_TYPES
from lakehouse.ml.calibration import calibration_error_by_chance
from lakehouse.ml.candidate_checks import check_candidates
from lakehouse.ml.candidates import Candidate, standard
from lakehouse.ml.evaluate import calibration_error
from lakehouse.ml.fitting import Fitting
from lakehouse.ml.sides import Side
from lakehouse.ml.stages import describe_stages, feature_of
from lakehouse.ml.tasks.registry import task_of
from lakehouse.ml.weights import balance, representative, score_rows

FEATURES = ["a", "b", "size", "segment"]
CANDIDATES = standard(["a", "b", "size"], ["segment"])
PARAMS: dict[str, dict[str, Any]] = {
    "dummy": {},
    "linear": {"model__C": 1.0},
    "boosted": {"model__max_leaf_nodes": 6},
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


def fit(rows: Side, name: str = "linear", task: str = "binary", **training: Any) -> Pipeline:
    fitting = Fitting(task_of(task), ModelTraining.model_validate(training))
    return fitting.fit(CANDIDATES[name], PARAMS[name], rows)


def probabilities(model: Pipeline, rows: Side) -> np.ndarray[Any, Any]:
    scores: np.ndarray[Any, Any] = model.predict_proba(rows.features)[:, 1]
    return scores


def test_balanced_classes_have_the_same_total() -> None:
    labels = pd.Series([0, 0, 0, 1])
    assert balance(labels, None).tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2.0])
    weights = np.array([1.0, 2.0, 3.0, 2.0])
    balanced = balance(labels, weights)
    assert balanced[:3].sum() == pytest.approx(balanced[3:].sum())
    assert balanced.sum() == pytest.approx(weights.sum())


@pytest.mark.parametrize("metric", ["roc_auc", "neg_log_loss", "neg_brier_score"])
def test_a_weight_of_two_counts_as_two_rows(metric: str) -> None:
    """In the score of a fold."""
    rows = imbalanced(800)
    model = fit(rows)
    twice = np.where(rows.labels == 1, 2, 1)
    repeated = rows.take(np.repeat(np.arange(800), twice))
    assert score_rows(metric, model, rows._replace(weights=twice.astype(float))) == pytest.approx(
        score_rows(metric, model, repeated)
    )


def test_a_weight_counts_in_the_fit_of_model_and_dummy() -> None:
    rows = imbalanced(2000)
    weighted = rows._replace(weights=np.where(rows.labels == 1, 1.0, 5.0))
    rate = np.average(rows.labels, weights=weighted.weights)
    assert probabilities(fit(weighted, "dummy"), rows) == pytest.approx(rate)
    means = [
        np.average(probabilities(fit(some), rows), weights=weighted.weights)
        for some in (rows, weighted)
    ]
    assert means[1] == pytest.approx(rate, abs=0.002)
    assert means[0] > 2 * rate


@pytest.mark.parametrize("name", ["linear", "boosted"])
def test_class_weights_leave_probabilities_calibrated(name: str) -> None:
    """The weights alone say 50 % on average where 4 % happen; the gate on calibration holds."""
    rows, others = imbalanced(), imbalanced(seed=4)
    fitted = fit(rows, name, class_weight="balanced")
    scores = probabilities(fitted, others)
    by_chance = calibration_error_by_chance(scores, others.customers)
    assert calibration_error(others.labels, scores) <= by_chance
    inner = fitted.named_steps["calibrated"].calibrated_classifiers_[0].estimator
    shifted = probabilities(inner, others)
    assert calibration_error(others.labels, shifted) > 0.1
    assert roc_auc_score(others.labels, scores) == roc_auc_score(others.labels, shifted)


def test_the_dummy_stays_the_base_rate() -> None:
    rows = imbalanced(1000)
    fitted = fit(rows, "dummy", class_weight="balanced", pca={"variance": 0.9})
    assert probabilities(fitted, rows) == pytest.approx(rows.labels.mean())


def test_class_weights_of_three_classes_leave_probabilities_calibrated() -> None:
    rows, others = (three_classes(seed) for seed in (3, 4))
    fitted = fit(rows, "boosted", task="multiclass", class_weight="balanced")
    inner = fitted.named_steps["calibrated"].calibrated_classifiers_[0].estimator
    task = task_of("multiclass")
    scores = task.scores(fitted, others.features)
    found, shifted = (
        task.metrics(others.labels, task.scores(model, others.features))
        for model in (fitted, inner)
    )
    by_chance = task.chance(scores, others.customers)["calibration_error_by_chance"]
    assert found["calibration_error"] <= by_chance < shifted["calibration_error"]
    assert found["log_loss"] < 0.25 < 0.35 < shifted["log_loss"]


def three_classes(seed: int) -> Side:
    rows = imbalanced(seed=seed)
    some = rows.features["size"] > 2
    names = np.select([rows.labels == 1, some], ["rare", "some"], "most")
    return rows._replace(labels=pd.Series(names, dtype=object))


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration_scores_each_row_by_a_model_without_its_customer(method: str) -> None:
    """A tree that knows its training rows by heart says 0 or 1 of them; calibrated on rows of the
    same customers, it would stay as sure of others."""
    rows = imbalanced(3000, shift=1.0)
    # Both rows of a customer are the same, and are anywhere.
    twins = rows.take(np.random.default_rng(1).permutation(3000) // 2 * 2)
    others = imbalanced(3000, seed=4, shift=1.0)
    knows = make_pipeline(KNeighborsClassifier(1))
    numbers = [side._replace(features=side.features[["a", "b"]]) for side in (twins, others)]
    fitting = Fitting(task_of("binary"), ModelTraining(calibrate=method))
    plain, calibrated = (
        fitting.fit(Candidate("knows", knows), {}, numbers[0])
        for fitting in (Fitting(task_of("binary")), fitting)
    )
    before, after = (
        log_loss(others.labels, np.clip(probabilities(model, numbers[1]), 0.001, 0.999))
        for model in (plain, calibrated)
    )
    assert after < 0.7 < before


def test_calibration_keeps_the_weights() -> None:
    rows = imbalanced(3000)
    weights = np.where(rows.labels == 1, 1.0, 4.0)
    fitted = fit(rows._replace(weights=weights), calibrate="isotonic")
    mean = np.average(probabilities(fitted, rows), weights=weights)
    assert mean == pytest.approx(np.average(rows.labels, weights=weights), rel=0.05)


@pytest.mark.parametrize("name", ["linear", "boosted"])
def test_the_most_important_features_are_kept_and_named(name: str) -> None:
    """``b`` matters by its square alone, which a linear ranking would not see."""
    rows = imbalanced(6000, shift=2.0)
    fitted = fit(rows, name, select_features={"max": 2})
    stages = describe_stages(fitted, FEATURES)
    assert stages == {"columns": {"kept": 2, "of": 6}, "features": ["a", "b"]}
    changed = rows.features.assign(size=rows.features["size"] * 100, segment="x")
    assert (probabilities(fitted, rows._replace(features=changed)) == probabilities(
        fitted, rows)).all()  # fmt: skip


def test_components_explain_the_declared_variance() -> None:
    rows = imbalanced(1000)
    twice = rows._replace(features=rows.features.assign(size=rows.features["a"] * 1000 + 1))
    stages = describe_stages(fit(twice, pca={"variance": 0.9}), FEATURES)
    assert stages["components"] == 4  # a and size are one; the levels of segment sum to 1.
    assert 0.9 <= stages["explained_variance"] <= 1


ALL = {
    "select_features": {"max": 4},
    "pca": {"variance": 0.95},
    "calibrate": "isotonic",
    "class_weight": "balanced",
}


@pytest.mark.parametrize("name", ["linear", "boosted"])
@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_a_model_with_all_stages_is_saved_and_loaded_with_the_trusted_types(
    name: str, method: str
) -> None:
    rows = imbalanced(1500, shift=2.0)
    fitted = fit(rows, name, **ALL | {"calibrate": method})
    saved = skops.io.dumps(fitted)
    assert "sklearn.tree._tree.Tree" not in TRUSTED_TYPES
    loaded = skops.io.loads(saved, trusted=TRUSTED_TYPES)
    assert (probabilities(loaded, rows) == probabilities(fitted, rows)).all()
    assert describe_stages(loaded, FEATURES) == describe_stages(fitted, FEATURES)
    assert loaded.named_steps["calibrated"].cv is None  # A number for each training row.
    inner = loaded.named_steps["calibrated"].calibrated_classifiers_[0].estimator
    assert isinstance(inner.named_steps["most_important"], ColumnTransformer)


def test_without_a_training_block_the_pipeline_is_fitted_as_it_is() -> None:
    rows = imbalanced(500)
    fitted = fit(rows)
    expected = (
        CANDIDATES["linear"].pipeline.set_params(model__C=1.0).fit(rows.features, rows.labels)
    )
    assert list(fitted.named_steps) == ["prepare", "model"]
    assert (probabilities(fitted, rows) == probabilities(expected, rows)).all()
    assert describe_stages(fitted, FEATURES) == {}


@pytest.mark.parametrize(
    ("column", "feature"),
    [
        ("numbers__spent", "spent"),
        ("numbers__missingindicator_spent_56d", "spent_56d"),
        ("numbers__units__spent", "spent"),
        ("numbers__ranks__missingindicator_spent", "spent"),
        ("categories__segment_new_customers", "segment"),
        ("spent_56d", "spent_56d"),
        ("numbers__unknown", None),
    ],
)
def test_a_prepared_column_is_named_after_its_feature(column: str, feature: str | None) -> None:
    assert feature_of(column, ["spent", "spent_56d", "segment"]) == feature


def test_the_distribution_of_a_sample_is_that_of_the_table() -> None:
    labels = np.repeat([0, 1], [600, 400])
    weights = np.where(labels == 1, 1.0, 16.0)
    kept = labels[representative(weights, 1000)]
    assert 600 / len(kept) > 0.95
    assert representative(None, 3).tolist() == [True, True, True]


@pytest.mark.parametrize(
    ("training", "message"),
    [
        ({"max_rows": 1000}, "take no sample_weight, .* need: near$"),
        ({"class_weight": "balanced"}, "take no sample_weight, .* need: near$"),
        ({"pca": {"variance": 0.9}}, "have no step before the model, .* come: bare$"),
        ({"select_features": {"max": 2}}, "have no step before the model, .* come: bare$"),
    ],
)
def test_a_candidate_that_cannot_be_fitted_so_is_named(
    training: dict[str, Any], message: str
) -> None:
    candidates = {
        "dummy": CANDIDATES["dummy"],
        "near": Candidate("near", make_pipeline(StandardScaler(), KNeighborsClassifier())),
        "bare": Candidate("bare", make_pipeline(LogisticRegression())),
    }
    check_candidates(candidates, declared({"folds": "forward"}))
    with pytest.raises(DeclarationError) as caught:
        check_candidates(candidates, declared(training))
    assert re.search(message, caught.value.message)


@pytest.mark.parametrize(
    ("training", "others", "message"),
    [
        ({"class_weight": "balanced"}, {"task": "regression"}, "class_weight needs classes"),
        ({"calibrate": "sigmoid"}, {"task": "regression"}, "calibrate needs classes"),
        ({"folds": "forward"}, {"split": {"test_customers": 0.3}}, "folds: forward needs days"),
        ({"max_rows": 10}, {}, "max_rows"),
        ({"pca": {"variance": 1.0}}, {}, "pca.variance"),
        ({"select_features": {"most": 3}}, {}, "select_features.most"),
    ],
)
def test_what_does_not_fit_is_refused(
    training: dict[str, Any], others: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        declared(training, **others)
