"""Metrics agree with scikit-learn, and bootstrap intervals have the expected width."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    log_loss,
    roc_auc_score,
)

from lakehouse.ml.curves import curves
from lakehouse.ml.evaluate import bootstrap, calibration_bins, calibration_error, interval, lift
from lakehouse.ml.plots import plots

RNG = np.random.default_rng(7)
PLACES = np.repeat(np.arange(150), 3)
CUSTOMERS = np.array([f"c{place:03d}" for place in PLACES])
LABELS = RNG.integers(0, 2, CUSTOMERS.size)
# Rounded, so that there are ties.
USEFUL = np.round(LABELS * 0.3 + RNG.random(CUSTOMERS.size) * 0.7, 1)
CONSTANT = np.full(CUSTOMERS.size, 0.4)


def test_a_bootstrap_sample_equals_scikit_learn_on_the_same_customers() -> None:
    drawn = bootstrap(LABELS, CUSTOMERS, {"model": USEFUL}, draws=3, seed=1)["model"]
    rng = np.random.default_rng(1)
    for draw in range(3):
        weights = np.bincount(rng.integers(150, size=150), minlength=150)[PLACES]
        auc = roc_auc_score(LABELS, USEFUL, sample_weight=weights)
        ap = average_precision_score(LABELS, USEFUL, sample_weight=weights)
        losses = {
            "brier": brier_score_loss(LABELS, USEFUL, sample_weight=weights),
            "log_loss": log_loss(LABELS, USEFUL, sample_weight=weights),
        }
        assert drawn["roc_auc"][draw] == pytest.approx(auc)
        assert drawn["average_precision"][draw] == pytest.approx(ap)
        assert {name: drawn[name][draw] for name in losses} == pytest.approx(losses)


def test_the_difference_to_the_dummy_is_above_0_for_a_useful_score() -> None:
    drawn = bootstrap(LABELS, CUSTOMERS, {"model": USEFUL, "dummy": CONSTANT}, draws=500)
    for metric in ("roc_auc", "average_precision"):
        found = interval(0.2, drawn["model"][metric] - drawn["dummy"][metric])
        assert 0 < found.low < found.high


def test_the_difference_to_the_dummy_includes_0_for_noise() -> None:
    noise = np.random.default_rng(3).random(LABELS.size)
    drawn = bootstrap(LABELS, CUSTOMERS, {"model": noise, "dummy": CONSTANT}, draws=500)
    found = interval(0.0, drawn["model"]["roc_auc"] - drawn["dummy"]["roc_auc"])
    assert found.low < 0 < found.high


def test_customers_with_many_rows_make_the_interval_wider() -> None:
    # The same rows ten times over teach nothing new; rows drawn one by one would claim so.
    one = bootstrap(LABELS, CUSTOMERS, {"model": USEFUL}, draws=500)["model"]["roc_auc"]
    copies = [np.tile(values, 10) for values in (LABELS, CUSTOMERS, USEFUL)]
    ten = bootstrap(copies[0], copies[1], {"model": copies[2]}, draws=500)["model"]["roc_auc"]
    assert ten.std() == pytest.approx(one.std())


def test_a_draw_with_one_class_is_left_out() -> None:
    drawn = bootstrap([0, 1], ["a", "b"], {"model": [0.1, 0.9]}, draws=50)["model"]["roc_auc"]
    assert np.isnan(drawn).any()
    assert interval(1.0, drawn).low == 1.0


def test_lift_of_a_constant_is_one_and_of_a_perfect_score_the_most() -> None:
    labels = np.array([1] * 10 + [0] * 90)
    assert lift(labels, np.full(100, 0.1)) == pytest.approx(1.0)
    assert lift(labels, labels.astype(float)) == pytest.approx(10.0)


def test_calibration_error_is_the_distance_of_score_and_rate() -> None:
    assert calibration_error(np.array([0, 1] * 50), np.full(100, 0.7)) == pytest.approx(0.2)


def test_calibration_bins_hold_every_row_once_and_weigh_the_mean_score() -> None:
    bins = calibration_bins(LABELS, USEFUL)
    rows = np.array([group["rows"] for group in bins])
    scores = np.array([group["score"] for group in bins])
    rates = np.array([group["rate"] for group in bins])
    assert rows.sum() == LABELS.size
    assert (rows * scores).sum() == pytest.approx(USEFUL.sum())
    assert (rows * rates).sum() == pytest.approx(LABELS.sum())


def test_the_plots_draw_the_points_of_the_curves() -> None:
    drawn = curves(LABELS, {"dummy": CONSTANT, "model": USEFUL}, "model")
    figures = plots(drawn, {"spent": 0.1})
    for name in ("roc", "precision_recall"):
        lines = {line.get_label(): line.get_xydata() for line in figures[name].axes[0].lines}
        assert list(lines) == ["dummy", "model (chosen)"]
        points = np.column_stack([drawn[name]["model"]["x"], drawn[name]["model"]["y"]])
        assert lines["model (chosen)"] == pytest.approx(points)
    bins = [(group["score"], group["rate"]) for group in drawn["calibration"]]
    assert figures["calibration"].axes[0].lines[-1].get_xydata() == pytest.approx(np.array(bins))
