"""A challenger takes the champion's place for a sufficient gain, and for nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from lakehouse.config.tasks import TaskName
from lakehouse.errors import UsageError
from lakehouse.ml.calibration import measure_calibration
from lakehouse.ml.paired_gain import FAMILY_ERROR, level_of, paired_gain
from lakehouse.ml.promotion import Contender, Decision, decide

RNG = np.random.default_rng(11)
ENTITIES = np.repeat(np.arange(400), 2)
CHANCE = RNG.beta(1, 2, 400)[ENTITIES]
LABELS = (RNG.random(800) < CHANCE).astype(float)
GOOD = Contender("churn v2", CHANCE)
POOR = Contender("churn v1", np.full(800, LABELS.mean()) + 0.02 * (CHANCE - CHANCE.mean())[::-1])


def decided(champion: Contender = POOR, challenger: Contender = GOOD, **how: float) -> Decision:
    return decide(
        LABELS, ENTITIES, champion, challenger, metric="roc_auc", min_gain=0.005, draws=300, **how
    )  # type: ignore[arg-type]


def test_a_better_challenger_is_promoted_with_its_gain_as_the_reason() -> None:
    decision = decided()
    assert decision.promoted
    assert decision.describe().startswith("the gain in roc_auc is +0.")
    assert "exceeds the minimum of 0.005" in decision.describe()
    assert decision.numbers["gain"] > decision.numbers["low"] > 0.005


def test_the_same_model_is_not_a_gain() -> None:
    decision = decided(champion=GOOD)
    assert not decision.promoted
    assert decision.numbers["gain"] == decision.numbers["low"] == 0
    assert "does not exceed the minimum of 0.005" in decision.describe()


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (0.5 + CHANCE / 2, "its mean score is 0."),
        (np.where(CHANCE > 0.3, 0.99, 0.01), "its calibration error is 0."),
        (np.clip(3 * CHANCE, 0, 1), "its Brier score 0."),
    ],
)
def test_scores_that_are_not_calibrated_stay_behind(scores: np.ndarray, reason: str) -> None:
    decision = decided(challenger=Contender("churn v2", scores))
    assert decision.numbers["low"] > 0.005
    assert not decision.promoted
    assert reason in decision.describe()


def test_a_slow_model_stays_behind() -> None:
    decision = decided(challenger=replace(GOOD, seconds_per_row=0.002))
    assert decision.reasons == ("scoring takes 2,000 µs per row, more than 100 µs",)
    assert not decision.promoted


def test_models_of_different_features_are_not_compared() -> None:
    old, new = replace(POOR, definition="a"), replace(GOOD, definition="b")
    assert not decided(old, new).promoted
    assert decided(old, new).reasons == (
        "churn v1 was trained on features of another definition, so that the comparison does not "
        "hold",
    )
    assert decided(old, replace(new, definition="a")).promoted
    assert decided(replace(old, definition=""), new).promoted
    same = replace(old, definition="b", joined={"gold.a": "1", "gold.b": "2"})
    assert decided(same, replace(new, joined={"gold.a": "1", "gold.c": "3"})).promoted
    assert not decided(same, replace(new, joined={"gold.b": "3"})).promoted


def test_later_challengers_on_a_hold_out_need_more_evidence() -> None:
    first, twentieth = decided(), decided(meeting=20)
    assert first.numbers["level"] == FAMILY_ERROR / 2
    assert twentieth.numbers["low"] < first.numbers["low"]
    levels = [level_of(meeting) for meeting in range(1, 100_000)]
    assert sum(levels) == pytest.approx(FAMILY_ERROR, rel=1e-4)


@pytest.mark.parametrize(
    ("metric", "measure"),
    [
        ("roc_auc", roc_auc_score),
        ("average_precision", average_precision_score),
        ("neg_brier_score", lambda y, p: -brier_score_loss(y, p)),
        ("neg_log_loss", lambda y, p: -log_loss(y, p)),
    ],
)
def test_each_metric_is_that_of_scikit_learn(metric: str, measure: object) -> None:
    found = paired_gain(LABELS, ENTITIES, POOR.scores, GOOD.scores, metric=metric, draws=200)
    expected = [measure(LABELS, model.scores) for model in (POOR, GOOD)]  # type: ignore[operator]
    assert [found.champion.estimate, found.challenger.estimate] == pytest.approx(expected)
    assert found.low < found.estimate < found.high
    assert (found.rows, found.entities) == (800, 400)


def test_rows_of_an_entity_count_once() -> None:
    how = {"metric": "neg_brier_score", "draws": 400}
    once = paired_gain(LABELS, ENTITIES, POOR.scores, GOOD.scores, **how)  # type: ignore[arg-type]
    tiled = [np.tile(x, 10) for x in (LABELS, ENTITIES, POOR.scores, GOOD.scores)]
    assert paired_gain(*tiled, **how).se == pytest.approx(once.se)  # type: ignore[arg-type]


def test_few_entities_of_a_class_widen_the_interval() -> None:
    labels = np.zeros(200)
    labels[:3] = 1
    rng = np.random.default_rng(0)
    scores = rng.random((2, 200))
    few = paired_gain(labels, np.arange(200), *scores, metric="roc_auc", draws=300)
    assert (few.high - few.estimate) / few.se == pytest.approx(4.3027, abs=1e-3)


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        (np.zeros(800), CHANCE, "has only labels of 0"),
        (LABELS, np.where(ENTITIES == 3, np.nan, CHANCE), "scores that are not numbers"),
    ],
)
def test_a_comparison_that_cannot_be_made_is_an_error(
    labels: np.ndarray, scores: np.ndarray, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        paired_gain(labels, ENTITIES, CHANCE, scores, metric="roc_auc", draws=10)


def test_chance_alone_gives_a_calibration_error_of_the_expected_size() -> None:
    rng = np.random.default_rng(3)
    found = [
        measure_calibration((rng.random(800) < CHANCE).astype(float), np.arange(800), CHANCE)
        for _ in range(50)
    ]
    assert np.mean([one.error for one in found]) == pytest.approx(found[0].chance_error, rel=0.1)
    assert sum(bool(one.faults()) for one in found) == 0


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_a_better_model_of_any_task_is_promoted_and_a_worse_one_is_not(task: TaskName) -> None:
    rng = np.random.default_rng(11)
    if task == "regression":
        labels: Any = rng.normal(size=600)
        noise = rng.normal(size=600)
        good, poor = labels + 0.3 * noise, labels + 1.5 * noise
        metric = "neg_root_mean_squared_error"
    else:
        labels = rng.choice(["a", "b", "c"], 600)
        # Right as often as they say: 80 % and 40 % of the time.
        guesses = {
            share: np.where(rng.random(600) < share, labels, rng.choice(["a", "b", "c"], 600))
            for share in (0.7, 0.1)
        }
        good, poor = (
            pd.DataFrame({n: np.where(g == n, s + (1 - s) / 3, (1 - s) / 3) for n in "abc"})
            for s, g in guesses.items()
        )
        metric = "neg_log_loss"
    entities = np.arange(600) // 2
    ours, theirs = Contender("m v2", good), Contender("m v1", poor)
    how: dict[str, Any] = {"metric": metric, "task": task, "min_gain": 0.01, "draws": 200}
    assert decide(labels, entities, theirs, ours, **how).promoted
    back = decide(labels, entities, ours, theirs, **how)
    assert not back.promoted
    assert "does not exceed the minimum" in back.describe()
