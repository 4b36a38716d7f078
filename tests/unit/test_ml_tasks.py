"""Regression and more than two classes, with metrics that agree with scikit-learn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    balanced_accuracy_score,
    f1_score,
    log_loss,
    median_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)
from threadpoolctl import threadpool_limits

from lakehouse.config.tasks import TASKS, TaskName, default_metric
from lakehouse.errors import DeclarationError, UsageError
from lakehouse.ml.candidates import Candidate
from lakehouse.ml.columns import Columns
from lakehouse.ml.declared_candidates import load_candidates
from lakehouse.ml.fitting import Fitting
from lakehouse.ml.plots import plots
from lakehouse.ml.search import Search, search
from lakehouse.ml.sides import Side
from lakehouse.ml.tasks.class_metrics import ClassMetrics
from lakehouse.ml.tasks.registry import task_of
from lakehouse.ml.weights import score_rows

RNG = np.random.default_rng(11)
CLASSES = ["gold", "none", "silver"]
ROWS = 240
LABELS = pd.Series(RNG.choice(CLASSES, ROWS))
_RAW = RNG.random((ROWS, 3)) + (LABELS.to_numpy()[:, None] == np.array(CLASSES)) * 0.5
PROBABILITIES = pd.DataFrame(_RAW / _RAW.sum(axis=1, keepdims=True), columns=CLASSES)
SPENT = pd.Series(RNG.gamma(2, 50, ROWS))
GUESS = SPENT.to_numpy() * 0.5 + RNG.normal(50, 20, ROWS)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


def test_the_metrics_of_classes_are_those_of_scikit_learn() -> None:
    found = task_of("multiclass").metrics(LABELS, PROBABILITIES)
    predicted = PROBABILITIES.idxmax(axis=1)
    assert found["log_loss"] == pytest.approx(log_loss(LABELS, PROBABILITIES, labels=CLASSES))
    assert found["f1_macro"] == pytest.approx(f1_score(LABELS, predicted, average="macro"))
    assert found["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(LABELS, predicted))
    assert found["roc_auc_ovr"] == pytest.approx(
        roc_auc_score(LABELS, PROBABILITIES, multi_class="ovr")
    )
    assert found["accuracy"] == pytest.approx((predicted == LABELS).mean())


@pytest.mark.parametrize("draw", range(3))
def test_a_draw_of_classes_equals_the_metrics_of_the_repeated_rows(draw: int) -> None:
    weights = np.random.default_rng(draw).integers(0, 4, (1, ROWS))
    repeated = np.repeat(np.arange(ROWS), weights[0])
    labels, scores = LABELS.iloc[repeated], PROBABILITIES.iloc[repeated]
    found = ClassMetrics(LABELS, PROBABILITIES).of_draws(weights.astype(float))
    expected = ClassMetrics(labels.reset_index(drop=True), scores.reset_index(drop=True)).all()
    assert {name: value[0] for name, value in found.items()} == pytest.approx(expected)


@pytest.mark.parametrize("metric", TASKS["multiclass"].metrics)
def test_a_weighted_score_equals_that_of_the_repeated_rows(metric: str) -> None:
    task, weights = task_of("multiclass"), np.random.default_rng(5).integers(1, 4, ROWS)
    model = LogisticRegression().fit(PROBABILITIES, LABELS)
    repeated = np.repeat(np.arange(ROWS), weights)
    rows = Side(PROBABILITIES, LABELS, LABELS)
    weighted = rows._replace(weights=weights.astype(float))
    found = [
        score_rows(task.scorer(metric), model, side) for side in (weighted, rows.take(repeated))
    ]
    assert found[0] == pytest.approx(found[1])
    assert found[0] != pytest.approx(score_rows(task.scorer(metric), model, rows))


@pytest.mark.parametrize(
    ("task", "labels"),
    [("multiclass", LABELS), ("regression", SPENT), ("binary", (SPENT > 100).astype(int))],
)
def test_weighted_labels_are_described_as_the_repeated_rows(task: str, labels: pd.Series) -> None:
    weights = np.random.default_rng(6).integers(1, 4, ROWS)
    repeated = labels.iloc[np.repeat(np.arange(ROWS), weights)]
    weighted = _flat(task_of(task).describe(labels, weights.astype(float)))
    expected = _flat(task_of(task).describe(repeated, np.ones(len(repeated))))
    assert weighted == pytest.approx(expected, rel=0.01)  # The deviation divides by n - 1.


def _flat(described: dict[str, Any]) -> dict[str, float]:
    return dict(described.get("label_shares", described))


def test_a_class_without_a_row_counts_in_neither_recall_nor_area() -> None:
    labels = pd.Series(["gold", "none", "gold", "none"])
    scores = PROBABILITIES.head(4)
    found = ClassMetrics(labels, scores).all()
    two = labels.unique()
    predicted = scores.idxmax(axis=1)
    recalls = [(predicted[labels == name] == name).mean() for name in two]
    assert found["balanced_accuracy"] == pytest.approx(np.mean(recalls))
    assert np.isfinite(found["roc_auc_ovr"])


def test_the_metrics_of_numbers_are_those_of_scikit_learn() -> None:
    found = task_of("regression").metrics(SPENT, GUESS)
    assert found["rmse"] == pytest.approx(root_mean_squared_error(SPENT, GUESS))
    assert found["median_absolute_error"] == pytest.approx(median_absolute_error(SPENT, GUESS))
    assert found["mean_error"] == pytest.approx((GUESS - SPENT).mean())


@pytest.mark.parametrize("draw", range(3))
def test_a_draw_of_numbers_equals_the_metrics_of_the_repeated_rows(draw: int) -> None:
    task = task_of("regression")
    weights = np.random.default_rng(draw).integers(0, 4, (1, ROWS))
    repeated = np.repeat(np.arange(ROWS), weights[0])
    found = task.statistics(SPENT, GUESS)(weights.astype(float))
    expected = task.metrics(SPENT.iloc[repeated], GUESS[repeated])
    for name, value in found.items():
        assert value[0] == pytest.approx(expected[name]), name
    assert found["r2"][0] == pytest.approx(r2_score(SPENT.iloc[repeated], GUESS[repeated]))


@pytest.mark.parametrize(
    ("task", "values", "labels"),
    [
        ("binary", [True, False], [1, 0]),
        ("binary", [1.0, 0.0], [1, 0]),
        ("binary", [1, 2], None),
        ("binary", ["yes", "no"], None),
        ("multiclass", ["a", "b"], ["a", "b"]),
        ("multiclass", [1.0, 2.0], ["1", "2"]),
        ("multiclass", [1.5, 2.0], None),
        ("multiclass", [date(2026, 1, 1)], None),
        ("regression", [1, 2], [1.0, 2.0]),
        ("regression", [1.0, float("inf")], None),
        ("regression", ["much"], None),
    ],
)
def test_labels_take_the_form_of_the_task(
    task: str, values: list[object], labels: list[object] | None
) -> None:
    found = task_of(task).labels(pd.Series(values))
    assert (None if found is None else found.tolist()) == labels


def test_the_dummy_is_the_best_constant_by_the_metric() -> None:
    features = pd.DataFrame({"x": np.zeros(ROWS)})
    task = task_of("regression")
    by_metric = {
        metric: task.dummy(metric).fit(features, SPENT).predict(features)[0]
        for metric in TASKS["regression"].metrics
    }
    mean, median = SPENT.mean(), SPENT.median()
    assert by_metric == pytest.approx(
        {
            "neg_root_mean_squared_error": mean,
            "neg_mean_absolute_error": median,
            "neg_median_absolute_error": median,
            "r2": mean,
        }
    )


@pytest.mark.parametrize("metric", TASKS["multiclass"].metrics)
def test_a_fold_without_a_class_is_scored(metric: str) -> None:
    labels = pd.Series(["a", "b"] * 60 + ["c", "c"])
    features = pd.DataFrame({"x": np.arange(122.0)})
    task = task_of("multiclass")
    folds = [(np.arange(120), np.arange(60, 122)), (np.arange(60, 122), np.arange(60))]
    candidate = Candidate("dummy", task.dummy(metric))
    rows = Side(features, labels, pd.Series(range(122)))
    tried = Search({"one": candidate}, rows, folds, task.scorer(metric), Fitting(task))
    (found,) = search(tried, None, lambda _: None)
    assert np.isfinite(found.mean)


def test_a_classifier_is_refused_for_a_regression(tmp_path: Path) -> None:
    (tmp_path / "candidates.py").write_text(
        "from lakehouse.ml.candidates import linear\n"
        "def two(numeric, categorical):\n"
        "    return {'linear': linear(numeric, categorical)}\n"
    )
    with pytest.raises(DeclarationError, match=r"'linear' of .* is not a regressor"):
        load_candidates(
            "candidates.py:two", Columns(("x",), ()), file=tmp_path / "model.yml", task="regression"
        )


CURVES = {
    "regression": {"actual", "residuals", "importance"},
    "multiclass": {"confusion", "calibration", "importance"},
}


def test_each_part_of_the_curves_has_a_figure() -> None:
    for task, labels, scores in (
        ("regression", SPENT, GUESS),
        ("multiclass", LABELS, PROBABILITIES),
    ):
        drawn = task_of(task).curves(labels, {"linear": scores}, "linear")
        assert set(plots(drawn, {"x": 0.1})) == CURVES[task]
    table = task_of("multiclass").curves(LABELS, {"linear": PROBABILITIES}, "linear")["confusion"]
    assert np.sum(table["rows"]) == ROWS
    assert np.sum(table["rows"], axis=1).tolist() == LABELS.value_counts().sort_index().tolist()


@pytest.mark.parametrize("name", TASKS)
def test_the_columns_of_a_prediction_are_those_that_declarations_are_checked_against(
    name: TaskName,
) -> None:
    task = task_of(name)
    assert tuple(task.predicted) == TASKS[name].predicted
    labels = {"binary": [0, 1, 0, 1], "multiclass": ["a", "b", "c", "a"]}.get(name, [1.0, 2, 3, 4])
    features = pd.DataFrame({"size": [1.0, 2.0, 3.0, 4.0]})
    model = task.dummy(default_metric(name)).fit(features, labels)
    predicted = task.predict(model, features)
    assert [len(values) for values in predicted] == [4] * len(task.predicted)
    kinds = ["string" if values.dtype == object else "double" for values in predicted]
    assert kinds == list(task.predicted.values())
    assert task.rules("model.yml:1")


def test_scores_are_those_that_were_published() -> None:
    labels = pd.Series(["a", "b", "c"])
    published = pd.DataFrame({"prediction": ["a", "c", "c"], "probability": [0.5, 0.9, 0.4]})
    scores = task_of("multiclass").published(published, labels, "balanced_accuracy")
    assert scores.idxmax(axis=1).tolist() == ["a", "c", "c"]
    assert list(scores.columns) == ["a", "b", "c"]
    with pytest.raises(UsageError, match="neg_log_loss needs the probability of each class"):
        task_of("multiclass").published(published, labels, "neg_log_loss")
    numbers = pd.DataFrame({"prediction": [1.0, 2.5]})
    assert task_of("regression").published(numbers, labels, "r2").tolist() == [1.0, 2.5]
    chances = pd.DataFrame({"probability": [0.1, 0.2]})
    assert task_of("binary").published(chances, labels, "roc_auc").tolist() == [0.1, 0.2]
