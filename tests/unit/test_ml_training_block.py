"""``training`` in a whole training: what each fit sees, and what passes the gates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up_training import declared, weekly
from mlflow import MlflowClient
from mlflow.artifacts import load_dict
from sklearn.pipeline import Pipeline

from lakehouse.config.model.training import ModelTraining
from lakehouse.errors import GateFailed
from lakehouse.ml.bins import NumericBins
from lakehouse.ml.candidates import Candidate
from lakehouse.ml.fitting import Fitting
from lakehouse.ml.record import Provenance
from lakehouse.ml.reference_file import load_reference
from lakehouse.ml.registered import Trained
from lakehouse.ml.registry import Tracking, tracking, version_of
from lakehouse.ml.run_summary import RunSummary, summarize_run
from lakehouse.ml.sides import Side, split_frame
from lakehouse.ml.train import train
from lakehouse.reporting.model.card import model_card

pytestmark = pytest.mark.slow
HORIZON = 14


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracking]:
    with tracking(tmp_path_factory.mktemp("mlflow")) as opened:
        yield opened


def trained(rows: pd.DataFrame, store: Tracking, **training: Any) -> Trained:
    return train(rows, declared(training), tracking=store,
                 provenance=Provenance("shop", {"gold.customer_features": 1}),
                 horizon_days=HORIZON, draws=200)  # fmt: skip


@pytest.mark.parametrize("folds", ["customer", "forward"])
def test_the_last_fits_are_on_all_training_days_and_none_is_on_the_hold_out(
    store: Tracking, monkeypatch: pytest.MonkeyPatch, folds: str
) -> None:
    seen: list[Side] = []
    fit = Fitting.fit

    def noted(
        self: Fitting, candidate: Candidate, params: Mapping[str, Any], rows: Side
    ) -> Pipeline:
        seen.append(rows)
        return fit(self, candidate, params, rows)

    monkeypatch.setattr(Fitting, "fit", noted)
    frame = weekly(250, 10)
    trained(frame, store, folds=folds)
    parts = split_frame(frame, declared(), HORIZON)[1]
    for rows in seen:
        assert rows.days is not None
        assert set(rows.customers).isdisjoint(parts.test["customer_id"])
        assert rows.days.max() <= parts.train["as_of"].max()
    *searched, dummy, linear, boosted = seen
    assert {len(rows.labels) for rows in (dummy, linear, boosted)} == {len(parts.train)}
    assert all(len(rows.labels) < len(parts.train) for rows in searched)
    lasts = {rows.days.max() for rows in searched if rows.days is not None}
    assert (max(lasts) < parts.train["as_of"].max()) == (folds == "forward")


def test_class_weights_pass_the_gate_on_calibration_and_would_not_without_it(
    store: Tracking, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = weekly(1000, 8, rate=0.03)
    result = trained(frame, store, class_weight="balanced")
    assert result.metrics["test_calibration_error"] < 0.03
    assert result.metrics["vs_dummy_brier"] > 0
    monkeypatch.setattr(ModelTraining, "calibration", None)
    with pytest.raises(GateFailed, match="is not calibrated"):
        trained(frame, store, class_weight="balanced")


def test_the_record_and_the_card_name_the_kept_features(store: Tracking, tmp_path: Any) -> None:
    stages = {"select_features": {"max": 1}, "pca": {"variance": 0.9}, "calibrate": "sigmoid"}
    result = trained(weekly(400, 8), store, **stages)
    run = summarize_run(version_of(result.name, result.version), folder=tmp_path)
    assert run.stages["features"] == ["signal"]
    assert run.params["training_pca"] == "{'variance': 0.9}"
    facts = dict(model_card(run).facts)
    assert facts["Kept features"] == "1 of 2 prepared columns: those of signal"
    assert facts["Principal components"] == "1, with 100 % of the variance"
    assert facts["Calibrated"] == "sigmoid"


def test_the_record_and_the_reference_of_a_sample_are_those_of_the_table(store: Tracking) -> None:
    """Each row with label 1 and a quarter of the others, which stand for four."""
    whole = weekly(1200, 8)
    parts = split_frame(whole, declared(), HORIZON)[1]
    is_training = ~whole["customer_id"].isin(set(parts.test["customer_id"]))
    is_kept = whole["churned"] | (np.random.default_rng(1).random(len(whole)) < 0.25) | ~is_training
    weights = np.where(whole["churned"] | ~is_training, 1.0, 4.0)
    result = trained(whole.assign(_weight=weights)[is_kept], store, max_rows=100_000)
    version = version_of(result.name, result.version)
    dataset = load_dict(f"{MlflowClient().get_run(result.run_id).info.artifact_uri}/dataset.json")
    rate = parts.train["churned"].mean()
    assert dataset["train_label_rate"] == pytest.approx(rate, abs=0.02)
    assert dataset["sampling"]["rows_before"] == pytest.approx(len(parts.train), rel=0.05)
    reference = load_reference(version)
    assert reference is not None
    drawn = reference.features["signal"]
    # The sample has three times as many rows of label 1, whose signal is high.
    assert drawn.counts.rows == pytest.approx(len(parts.train) / 4, rel=0.1)
    assert isinstance(drawn.bins, NumericBins)
    deciles = np.quantile(parts.train["signal"], np.arange(0.1, 1, 0.1))
    assert np.array(drawn.bins.edges) == pytest.approx(deciles, abs=0.15)


def test_a_model_without_a_block_has_no_stages_on_its_card() -> None:
    card = model_card(RunSummary("shop_late", 1, "r", {}, {}, {}, [], {}, {}, {}, {}))
    assert card.facts == ()
