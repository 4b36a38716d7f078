"""Performance on counts and sums: the metrics of scikit-learn, intervals that cover the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    f1_score,
    log_loss,
    mean_absolute_error,
    median_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)

from lakehouse.ml.registry import register, tracking
from lakehouse.monitoring.matured_classes import MaturedClasses, count_classes
from lakehouse.monitoring.matured_days import holdout_metrics
from lakehouse.monitoring.matured_numbers import GROUPS, MaturedNumbers, count_numbers
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


def classes_of(actual: np.ndarray, predicted: np.ndarray) -> MaturedClasses:
    names, places = np.unique(np.concatenate([actual, predicted]), return_inverse=True)
    pairs = np.stack([places[: len(actual)], places[len(actual) :]])
    cells, counts = np.unique(pairs, axis=1, return_counts=True)
    assert len(names) == cells.max() + 1
    return MaturedClasses(cells[0], cells[1], counts.astype(float))


def drawn_classes(seed: int, rows: int = 500) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    actual = rng.choice(["a", "b", "c", "d"], rows, p=[0.5, 0.3, 0.15, 0.05])
    return actual, np.where(rng.random(rows) < 0.7, actual, rng.permutation(actual))


def test_the_metrics_of_classes_are_those_of_scikit_learn() -> None:
    actual, predicted = drawn_classes(2)
    found = {one.metric: one for one in evaluate(classes_of(actual, predicted), "multiclass")}
    assert {name: one.value for name, one in found.items()} == pytest.approx(
        {
            "accuracy": accuracy_score(actual, predicted),
            "balanced_accuracy": balanced_accuracy_score(actual, predicted),
            "f1_macro": f1_score(actual, predicted, average="macro"),
        }
    )
    assert all(one.low < one.value < one.high for one in found.values())  # type: ignore[operator]


def test_a_class_that_nobody_is_any_more_does_not_count_in_balanced_accuracy() -> None:
    found = evaluate(classes_of(np.array(["a", "a"]), np.array(["a", "b"])), "multiclass")
    assert [one.value for one in found] == pytest.approx([0.5, 0.5, (2 / 3 + 0) / 2])


def drawn_numbers(seed: int, rows: int = 600) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    label = 1e6 + rng.normal(100, 30, rows)
    return label, label + rng.normal(2, 10, rows)


def of_numbers(
    spark: SparkSession, label: np.ndarray, predicted: np.ndarray
) -> dict[tuple[str, int], MaturedNumbers]:
    rows = [
        ("m", 1, f"c{number}", float(truth), float(guess))
        for number, (truth, guess) in enumerate(zip(label, predicted, strict=True))
    ]
    schema = "model_name string, model_version int, who string, spent double, prediction double"
    frame = spark.createDataFrame([*rows, ("m", 2, "c0", 3.0, 3.0)], schema)
    return count_numbers(frame, "who", "spent")


def test_the_metrics_of_numbers_are_those_of_scikit_learn(spark: SparkSession) -> None:
    label, predicted = drawn_numbers(3)
    matured = of_numbers(spark, label, predicted)
    found = {one.metric: one for one in evaluate(matured["m", 1], "regression")}
    exact = {
        "rmse": root_mean_squared_error(label, predicted),
        "mae": mean_absolute_error(label, predicted),
        "r2": r2_score(label, predicted),
        "mean_error": (predicted - label).mean(),
        "label_mean": label.mean(),
    }
    assert {name: found[name].value for name in exact} == pytest.approx(exact)
    median = median_absolute_error(label, predicted)
    assert found["median_absolute_error"].value == pytest.approx(median, rel=0.006)
    assert {one.rows for one in found.values()} == {600}
    nothing = {one.metric: one.value for one in evaluate(matured["m", 2], "regression")}
    assert (nothing["rmse"], nothing["r2"], nothing["median_absolute_error"]) == (0.0, None, 0.0)


def test_intervals_of_errors_cover_the_truth() -> None:
    rng, covered = np.random.default_rng(8), 0
    for seed in range(60):
        errors = np.random.default_rng(seed).normal(0, 10, 3000)
        place = rng.integers(0, GROUPS, len(errors))
        rows, squared = np.bincount(place), np.bincount(place, errors**2)
        sums = [rows, np.bincount(place, errors), np.bincount(place, np.abs(errors)), squared]
        groups = np.stack([*sums, np.zeros(len(rows)), np.ones(len(rows))], axis=1)[rows > 0]
        matured = MaturedNumbers(groups, np.array([7.0]), np.array([3000.0]))
        rmse = next(one for one in evaluate(matured, "regression") if one.metric == "rmse")
        assert rmse.low is not None
        assert rmse.high is not None
        covered += rmse.low <= 10 <= rmse.high
    assert covered >= 52


def test_classes_are_counted_in_spark_as_they_are_named_at_training(spark: SparkSession) -> None:
    rows = [("m", 1, "1", 1.0), ("m", 1, "0", 1.0), ("m", 1, "0", 0.0), ("m", 1, "0", 0.0)]
    frame = spark.createDataFrame(
        rows, "model_name string, model_version int, prediction string, kind double"
    )
    matured = count_classes(frame, "kind")["m", 1]
    assert matured.rows == 4
    assert next(iter(evaluate(matured, "multiclass"))).value == 0.75


@pytest.mark.parametrize(
    ("holdout", "level"),
    [((0.80, 0.85), "ok"), ((0.70, 0.75), "ok"), ((0.95, 0.97), "alarm"), ((None, None), None)],
)
def test_a_metric_is_an_alarm_where_its_interval_is_below_that_of_the_hold_out(
    holdout: tuple[float | None, float | None], level: str | None
) -> None:
    scores, labels = drawn(1)
    low, high = holdout
    known = {"test_roc_auc_low": low, "test_roc_auc_high": high} if low and high else {}
    found = {
        one.metric: one for one in evaluate(matured(scores, labels), "binary", "roc_auc", known)
    }
    assert 0.75 < (found["roc_auc"].value or 0) < 0.9
    assert (found["roc_auc"].level, found["roc_auc"].holdout_low) == (level, low)
    assert found["brier"].level is None


def test_a_loss_is_an_alarm_above_the_hold_out_and_few_rows_are_none() -> None:
    scores, labels = drawn(1)
    worse = {"test_brier_low": 0.01, "test_brier_high": 0.02}
    better = {"test_brier_low": 0.4, "test_brier_high": 0.5}
    levels = []
    for size, known in ((800, worse), (800, better), (19, worse)):
        rows = matured(scores[:size], labels[:size])
        found = {one.metric: one for one in evaluate(rows, "binary", "brier", known)}
        levels.append(found["brier"].level)
    assert levels == ["alarm", "ok", "ok"]


@pytest.mark.slow
def test_a_model_as_good_as_at_its_hold_out_is_rarely_an_alarm() -> None:
    alarms = 0
    for seed in range(200):
        tested = by_metric(*drawn(1000 + seed, rows=1200))["brier"]
        known = {"test_brier_low": tested.low or 0.0, "test_brier_high": tested.high or 0.0}
        rows = matured(*drawn(5000 + seed, rows=800))
        alarms += any(one.level == "alarm" for one in evaluate(rows, "binary", "brier", known))
    print(f"{alarms} of 200 days with a false alarm")
    assert alarms <= 2


@pytest.mark.slow
def test_a_version_that_was_deleted_has_no_metrics_of_its_hold_out(tmp_path: Path) -> None:
    with tracking(tmp_path) as store:
        import mlflow

        with mlflow.start_run(experiment_id=store.experiment("shop_churn")) as run:
            mlflow.log_metric("test_roc_auc_low", 0.7)
        register(
            "shop_churn",
            model_uri=f"runs:/{run.info.run_id}/model",
            run_id=run.info.run_id,
            description="Who leaves",
            tags={},
        )
        assert holdout_metrics("shop_churn", 1) == {"test_roc_auc_low": 0.7}
        assert holdout_metrics("shop_churn", 2) == {}
        assert holdout_metrics("nobody", 1) == {}
