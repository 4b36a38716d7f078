"""The threshold of the lowest cost is chosen out of fold, and evaluated on the hold-out alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix, f1_score, precision_score, recall_score
from threadpoolctl import threadpool_limits

from lakehouse.config.model.declaration import ModelCosts, ModelDecl
from lakehouse.ml.candidates import Candidate, linear
from lakehouse.ml.decision import (
    Decision,
    cheapest_threshold,
    decide,
    evaluate_decision,
    out_of_fold,
)
from lakehouse.ml.fitting import Fitting
from lakehouse.ml.record import Provenance
from lakehouse.ml.registry import tracking, version_of
from lakehouse.ml.run_summary import RunSummary, summarize_run
from lakehouse.ml.select import Validated, folds_by_customer
from lakehouse.ml.sides import Side
from lakehouse.ml.tasks.binary import Binary
from lakehouse.ml.train import train
from lakehouse.reporting.data import Confusion
from lakehouse.reporting.model.card import model_card

COSTS = ModelCosts(false_positive=1, false_negative=20)
RNG = np.random.default_rng(2)
LABELS = pd.Series((RNG.random(300) < 0.2).astype(int))
SCORES = np.round(np.clip(LABELS * 0.2 + RNG.random(300) * 0.6, 0, 1), 2)
PEOPLE = pd.Series(np.arange(300) // 3)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


def cost(threshold: float, costs: ModelCosts = COSTS) -> float:
    decided = threshold <= SCORES
    false_positives = (decided & (LABELS == 0)).sum()
    false_negatives = (~decided & (LABELS == 1)).sum()
    return float(false_positives * costs.false_positive + false_negatives * costs.false_negative)


@pytest.mark.parametrize("ratio", [0.05, 1, 3, 20])
def test_no_other_threshold_costs_less(ratio: float) -> None:
    costs = ModelCosts(false_positive=1, false_negative=ratio)
    chosen = cheapest_threshold(LABELS, SCORES, costs)
    assert cost(chosen, costs) == min(cost(other, costs) for other in np.linspace(0, 1.01, 405))
    assert chosen not in SCORES


@pytest.mark.parametrize("ratio", [0.05, 1, 3, 20])
def test_a_weight_costs_as_much_as_so_many_rows(ratio: float) -> None:
    costs = ModelCosts(false_positive=1, false_negative=ratio)
    times = np.where(LABELS == 0, 3, 2)
    weighted = cheapest_threshold(LABELS, SCORES, costs, times.astype(float))
    repeated = cheapest_threshold(np.repeat(LABELS, times), np.repeat(SCORES, times), costs)
    assert weighted == repeated


@pytest.mark.parametrize(
    ("labels", "scores", "costs", "decided"),
    [
        ([0, 0, 1], [0.9, 0.9, 0.1], (100, 1), 0),
        ([0, 1, 1], [0.9, 0.9, 0.1], (1, 100), 3),
        ([0, 1], [1.0, 1.0], (100, 1), 0),
        ([0, 1], [0.0, 0.0], (1, 100), 2),
        ([0, 1], [0.2, 0.4], (1, 1), 1),
    ],
)
def test_nobody_and_everybody_are_thresholds_too(
    labels: list[int], scores: list[float], costs: tuple[float, float], decided: int
) -> None:
    declared = ModelCosts(false_positive=costs[0], false_negative=costs[1])
    threshold = cheapest_threshold(labels, scores, declared)
    assert (np.array(scores) >= threshold).sum() == decided


def decision(threshold: float = 0.3) -> Decision:
    return evaluate_decision(LABELS, SCORES, PEOPLE, threshold=threshold, costs=COSTS, draws=200)


def test_the_figures_are_those_of_scikit_learn() -> None:
    found, decided = decision(), (SCORES >= 0.3).astype(int)
    (tn, fp), (fn, tp) = confusion_matrix(LABELS, decided)
    assert found.counts == {
        "true_positives": tp, "false_positives": fp, "false_negatives": fn, "true_negatives": tn
    }  # fmt: skip
    rates = {name: bounds.estimate for name, bounds in found.intervals.items()}
    assert rates["precision"] == pytest.approx(precision_score(LABELS, decided))
    assert rates["recall"] == rates["sensitivity"] == pytest.approx(recall_score(LABELS, decided))
    assert rates["specificity"] == pytest.approx(recall_score(LABELS, decided, pos_label=0))
    assert rates["f1"] == pytest.approx(f1_score(LABELS, decided))
    assert rates["cost_per_row"] == pytest.approx(cost(0.3) / 300)
    assert rates["cost_per_row_of_nobody"] == pytest.approx(20 * LABELS.mean())
    assert rates["cost_per_row_of_everybody"] == pytest.approx(1 - LABELS.mean())
    assert all(b.low <= b.estimate <= b.high for b in found.intervals.values())


def test_a_rate_that_is_not_defined_is_left_out() -> None:
    metrics = decision(threshold=2.0).metrics()
    assert "test_precision" not in metrics
    assert metrics["test_sensitivity"] == 0.0


def sides(seed: int) -> tuple[Side, Side]:
    rng = np.random.default_rng(seed)

    def side(size: int) -> Side:
        signal = rng.normal(size=size)
        labels = pd.Series((rng.random(size) < 1 / (1 + np.exp(2 - signal))).astype(int))
        return Side(pd.DataFrame({"signal": signal}), labels, pd.Series(np.arange(size)))

    return side(400), side(200)


def test_the_threshold_is_chosen_out_of_fold_whatever_the_hold_out_is() -> None:
    training, test = sides(1)
    _, other = sides(2)
    chosen = Validated(Candidate("linear", linear(["signal"], [])), {"model__C": 1.0}, 0.0, 0.0)
    fitting = Fitting(Binary())
    fitted = fitting.fit(chosen.candidate, chosen.params, training)
    folds = folds_by_customer(training.labels, training.customers)
    found = [
        decide(
            chosen, fitted, training, held_out, folds=folds, fitting=fitting, costs=COSTS, draws=20
        )
        for held_out in (test, other)
    ]
    scores = out_of_fold(chosen, training, folds, fitting)
    assert found[0].threshold == found[1].threshold
    assert found[0].threshold == cheapest_threshold(training.labels, scores, COSTS)
    for fold in folds:
        refitted = fitting.fit(chosen.candidate, chosen.params, training.take(fold[0]))
        expected = refitted.predict_proba(training.features.iloc[fold[1]])[:, 1]
        assert scores[fold[1]] == pytest.approx(expected)


@pytest.mark.slow
def test_the_decision_is_in_the_record_and_on_the_card(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    days = [date(2026, 1, 1) + timedelta(7 * week) for week in range(4)]
    signal = rng.normal(size=600 * len(days))
    rows = pd.DataFrame(
        {
            "customer_id": np.repeat([f"c{number:04d}" for number in range(600)], len(days)),
            "as_of": days * 600,
            "signal": signal,
            "late": rng.random(signal.size) < 1 / (1 + np.exp(2 - 1.5 * signal)),
        }
    )
    model = ModelDecl(
        model="late", description="Who pays late", entity="customer_id",
        label="gold.labels.late", metric="neg_log_loss", features={"table": "gold.features"},
        split={"test_days": 7, "test_customers": 0.4, "every": 7}, costs=COSTS,
        scores={"history": "silver.late", "current": "gold.late"}, file=Path("model.yml"),
    )  # fmt: skip
    with tracking(tmp_path / "mlflow") as store:
        origin = Provenance("shop", {"gold.features": 1})
        result = train(rows, model, tracking=store, provenance=origin, horizon_days=7, draws=200)
        version = version_of(result.name, result.version)
        run = summarize_run(version, folder=tmp_path / "run")
    # Twenty times dearer to miss one than to bother one: far below a half.
    assert 0 < run.metrics["threshold"] < 0.2
    assert run.metrics["test_cost_per_row"] < min(
        run.metrics["test_cost_per_row_of_nobody"], run.metrics["test_cost_per_row_of_everybody"]
    )
    assert float(version.tags["threshold"]) == result.metrics["threshold"]
    assert run.params["cost_false_negative"] == "20.0"
    card = model_card(run)
    facts = dict(card.facts)
    assert facts["Decided as 1"].endswith("(a false positive costs 1.0, a false negative 20.0)")
    assert {"Cost per row", "Sensitivity (recall)", "Specificity", "Precision", "F1"} <= set(facts)
    assert isinstance(card.confusion, Confusion)
    assert sum(map(sum, card.confusion.rows)) == run.metrics["test_rows"]


def test_a_model_without_costs_has_no_decision_on_its_card() -> None:
    card = model_card(RunSummary("shop_late", 1, "r", {}, {}, {}, [], {}, {}, {}, {}))
    assert (card.confusion, card.facts) == (None, ())
