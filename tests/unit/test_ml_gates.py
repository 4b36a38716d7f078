"""A model is registered only if it ranks and its scores mean what they say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.model.gates import ModelGates
from lakehouse.errors import GateFailed
from lakehouse.ml.calibration import calibration_error_by_chance
from lakehouse.ml.evaluate import Interval, calibration_error
from lakehouse.ml.gates import failed_gates
from lakehouse.ml.holdout import HoldoutResult
from lakehouse.ml.record import Provenance
from lakehouse.ml.registered import Trained
from lakehouse.ml.registry import Tracking, tracking
from lakehouse.ml.run_summary import RunSummary
from lakehouse.ml.train import train
from lakehouse.reporting.model.card import model_card

BALANCED = """
from lakehouse.ml.candidates import linear

def balanced(numeric, categorical):
    pipeline = linear(numeric, categorical)
    return {"linear": pipeline.set_params(model__class_weight="balanced")}

def plain(numeric, categorical):
    return {"linear": linear(numeric, categorical)}
"""


def rare(customers: int = 1500) -> pd.DataFrame:
    """A label of about 4 % that a feature ranks well."""
    rng = np.random.default_rng(8)
    days = [date(2026, 1, 1) + timedelta(7 * week) for week in range(4)]
    signal = rng.normal(size=customers * len(days))
    return pd.DataFrame(
        {
            "customer_id": np.repeat([f"c{number:04d}" for number in range(customers)], len(days)),
            "as_of": days * customers,
            "signal": signal,
            "late": rng.random(signal.size) < 1 / (1 + np.exp(4.2 - 1.5 * signal)),
        }
    )


def result(gates: ModelGates | None = None, /, **changes: float) -> list[str]:
    """The reasons against a model that passes but for ``changes``."""
    error = {
        "calibration_error": changes.get("error", 0.02),
        "calibration_error_by_chance": changes.get("by_chance", 0.03),
    }
    brier = 0.037 - changes.get("brier_lead", 0.005)
    low = changes.get("low", 0.1)
    holdout = HoldoutResult(
        "linear",
        {"linear": {"brier": brier, **error}, "dummy": {"brier": 0.037}},
        {
            "vs_dummy_roc_auc": Interval(0.2, low, 0.3),
            "vs_dummy_average_precision": Interval(0.2, 0.1, 0.3),
            "vs_dummy_brier": Interval(changes.get("brier_lead", 0.005), -0.001, 0.01),
        },
        {},
        {},
        scores=[],
    )
    return failed_gates(holdout, decl("late", Path("model.yml"), gates or ModelGates()))


def test_a_model_that_ranks_and_is_calibrated_passes() -> None:
    assert result() == []
    assert result(brier_lead=0.0) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"low": 0.0}, "not better than the dummy on the hold-out: roc_auc"),
        ({"low": float("nan")}, "not better than the dummy"),
        ({"brier_lead": -0.026}, "brier of linear is worse than the dummy's on the hold-out: 0.063 "
                                 "against 0.037"),
        ({"error": 0.16}, "not calibrated: its calibration error on the hold-out is 0.160, at most "
                          "0.1 is declared"),
    ],
)  # fmt: skip
def test_each_gate_refuses_by_itself(changes: dict[str, float], reason: str) -> None:
    (found,) = result(**changes)
    assert reason in found


def test_what_chance_explains_is_no_fault() -> None:
    assert result(error=0.16, by_chance=0.17) == []


def test_gates_that_are_switched_off_refuse_nothing() -> None:
    off = ModelGates(better_than_dummy=False, max_calibration_error=None)
    assert result(off, low=-1, brier_lead=-1, error=1) == []


def test_a_calibrated_score_stays_below_chance_in_95_of_100_cases() -> None:
    rng = np.random.default_rng(3)
    below = []
    for _ in range(100):
        p = rng.beta(1, 4, 300)
        error = calibration_error((rng.random(300) < p).astype(int), p)
        below.append(error <= calibration_error_by_chance(p, np.arange(300), draws=200))
    assert 88 <= sum(below) <= 100


def test_rows_of_one_customer_leave_more_to_chance() -> None:
    p = np.random.default_rng(3).beta(1, 4, 300)
    single = calibration_error_by_chance(p, np.arange(300))
    grouped = calibration_error_by_chance(p, np.arange(300) // 10)
    assert single < 0.08 < grouped


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracking]:
    with tracking(tmp_path_factory.mktemp("mlflow")) as opened:
        yield opened


def decl(candidates: str, file: Path, gates: ModelGates) -> ModelDecl:
    return ModelDecl(
        model=candidates,
        description="Who pays late",
        entity="customer_id",
        label="gold.labels.late",
        features={"table": "gold.features"},
        split={"test_days": 7, "test_customers": 0.4, "every": 7},
        candidates=f"candidates.py:{candidates}",
        scores={"history": "silver.late", "current": "gold.late"},
        gates=gates,
        file=file,
    )


def trained(candidates: str, store: Tracking, folder: Path) -> Trained:
    (folder / "candidates.py").write_text(BALANCED)
    model = decl(candidates, folder / "model.yml", ModelGates())
    origin = Provenance("shop", {"gold.features": 1})
    return train(rare(), model, tracking=store, provenance=origin, horizon_days=7, draws=200)


@pytest.mark.slow
def test_a_model_that_ranks_well_but_overstates_is_refused_and_recorded(
    store: Tracking, tmp_path: Path
) -> None:
    with pytest.raises(GateFailed) as raised:
        trained("balanced", store, tmp_path)
    assert "brier of linear is worse than the dummy's" in str(raised.value)
    assert "is not calibrated" in str(raised.value)
    assert "is not better than the dummy" not in str(raised.value)
    (run,) = MlflowClient().search_runs(
        [store.experiment("shop_balanced")], "tags.pipeline = 'shop'"
    )
    assert run.info.status == "FAILED"
    assert "is not calibrated" in run.data.tags["refused"]
    assert run.data.metrics["vs_dummy_roc_auc_low"] > 0.1
    assert run.data.metrics["vs_dummy_brier_high"] < 0
    assert store_versions("shop_balanced") == []


@pytest.mark.slow
def test_the_same_model_without_weights_is_registered(store: Tracking, tmp_path: Path) -> None:
    metrics = trained("plain", store, tmp_path).metrics
    assert metrics["vs_dummy_brier"] > 0
    assert metrics["test_calibration_error"] < 0.1
    assert store_versions("shop_plain") == [1]


def store_versions(name: str) -> list[int]:
    found = MlflowClient().search_model_versions(f"name = '{name}'")
    return [int(version.version) for version in found]


def test_the_card_shows_the_dummy_s_brier_score_beside_the_model_s() -> None:
    metrics = {"test_brier": 0.063, "dummy_test_brier": 0.037}
    run = RunSummary("shop_late", 1, "r", metrics, {}, {}, [], {}, {}, {}, {})
    assert model_card(run).facts == (("Brier score", "0.063 (0.037 for the dummy)"),)
