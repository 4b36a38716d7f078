"""A training records slices, days and errors, and a bad slice refuses the model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.errors import GateFailed
from lakehouse.ml.record import Provenance
from lakehouse.ml.registered import Trained
from lakehouse.ml.registry import Tracking, tracking, version_of
from lakehouse.ml.run_summary import RunSummary, summarize_run
from lakehouse.ml.train import train
from lakehouse.reporting.model.card import model_card
from lakehouse.reporting.model.section import figures_of_model

pytestmark = pytest.mark.slow

CUSTOMERS = 1500
DAYS = [date(2026, 1, 1) + timedelta(7 * week) for week in range(4)]
LINEAR = """
from lakehouse.ml.candidates import linear

def plain(numeric, categorical):
    return {"linear": linear(numeric, categorical)}
"""


def frame(*, bad: bool) -> pd.DataFrame:
    """``signal`` tells who pays late; where the segment is ``bad``, it tells nothing of the new."""
    rng = np.random.default_rng(8)
    size = CUSTOMERS * len(DAYS)
    segment = np.repeat(rng.choice(["big", "new", "old"], CUSTOMERS), len(DAYS))
    signal = rng.normal(size=size)
    chance = 1 / (1 + np.exp(1 - 2 * signal))
    chance = np.where((segment == "new") & bad, chance.mean(), chance)
    tokens = [f"k0a1b2c3d_{number:040x}" for number in range(CUSTOMERS)]
    return pd.DataFrame(
        {
            "customer_id": np.repeat(tokens, len(DAYS)),
            "as_of": DAYS * CUSTOMERS,
            "signal": signal,
            "other": rng.normal(size=size),
            "segment": segment,
            "late": rng.random(size) < chance,
        }
    )


def decl(name: str, folder: Path, **more: Any) -> ModelDecl:
    fields: dict[str, Any] = {
        "model": name,
        "description": "Who pays late",
        "entity": "customer_id",
        "label": "gold.labels.late",
        "features": {"table": "gold.features", "columns": ["signal", "other"]},
        "split": {"test_days": 14, "test_customers": 0.4, "every": 7},
        "candidates": "candidates.py:plain",
        "slices": ["segment"],
        "gates": {"slices": {"max_gap": 0.1}, "max_calibration_error": 0.3},
        "scores": {"history": "silver.late", "current": "gold.late"},
        "file": folder / "model.yml",
    }
    return ModelDecl.model_validate(fields | more)


def trained(model: ModelDecl, store: Tracking, *, bad: bool) -> Trained:
    (model.file.parent / "candidates.py").write_text(LINEAR)
    origin = Provenance("shop", {"gold.features": 1})
    return train(
        frame(bad=bad), model, tracking=store, provenance=origin, horizon_days=7, draws=200
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracking]:
    with tracking(tmp_path_factory.mktemp("mlflow")) as opened:
        yield opened


@pytest.fixture(scope="module")
def good(store: Tracking, tmp_path_factory: pytest.TempPathFactory) -> RunSummary:
    folder = tmp_path_factory.mktemp("good")
    result = trained(decl("good", folder), store, bad=False)
    return summarize_run(version_of(result.name, result.version), folder=folder / "run")


def test_a_model_that_is_bad_in_a_slice_is_refused_and_the_slice_is_recorded(
    store: Tracking, tmp_path: Path
) -> None:
    with pytest.raises(GateFailed, match="the slice segment: new") as raised:
        trained(decl("bad", tmp_path), store, bad=True)
    assert "segment: old" not in str(raised.value)
    (run,) = MlflowClient().search_runs([store.experiment("shop_bad")], "tags.pipeline = 'shop'")
    assert (run.info.status, "the slice segment: new" in run.data.tags["refused"]) == (
        "FAILED",
        True,
    )
    recorded = {
        name: json.loads(Path(download_artifacts(f"{run.info.artifact_uri}/{name}")).read_text())
        for name in ("slices.json", "errors.json")
    }
    gate = recorded["slices.json"]["gate"]
    assert gate["gated"] == ["segment: big", "segment: new", "segment: old"]
    assert len(gate["failed"]) == 1
    # ``segment`` is no feature of the model, and found all the same.
    worst = recorded["errors.json"]["worst_slices"][0]
    assert worst["name"] == "segment: new"
    assert worst["excess"]["low"] > 0
    assert MlflowClient().search_model_versions("name = 'shop_bad'") == []


def test_the_run_of_a_good_model_has_its_slices_days_and_mistakes(good: RunSummary) -> None:
    assert [part["level"] for part in good.slices["slices"]] == ["big", "new", "old"]
    assert good.slices["gate"]["failed"] == []
    assert good.slices["whole"]["metrics"]["roc_auc"]["estimate"] == pytest.approx(
        good.metrics["test_roc_auc"]
    )
    assert (
        sum(part["customers"] for part in good.slices["slices"]) == (good.dataset["test_customers"])
    )
    days = good.stability["days"]
    assert [day["level"] for day in days] == ["2026-01-15", "2026-01-22"]
    assert all(day["metrics"]["roc_auc"]["low"] < day["metrics"]["roc_auc"]["high"] for day in days)
    assert {one["kind"] for one in good.errors["mistakes"]} == {"missed", "false alarm"}
    assert all(one["entity"].startswith("k0a1b2c3d_") for one in good.errors["mistakes"])
    assert {"slices", "stability", "gain", "lift"} <= set(good.plots)


def test_a_model_without_costs_is_decided_at_a_half(good: RunSummary) -> None:
    metrics = good.metrics
    assert metrics["threshold"] == 0.5
    for rate in ("sensitivity", "specificity", "precision", "recall", "f1"):
        assert metrics[f"test_{rate}_low"] < metrics[f"test_{rate}"] < metrics[f"test_{rate}_high"]
    assert "test_cost_per_row" not in metrics
    assert "threshold" not in good.tags
    assert "threshold" not in version_of(good.name, good.version).tags


def test_the_card_shows_what_the_run_recorded(good: RunSummary) -> None:
    card = model_card(good)
    titles = [figure.title for figure in figures_of_model(card)]
    assert {"ROC AUC by slice", "ROC AUC by day of the test", "Where the model errs most",
            "The most confident mistakes", "Lift of the highest scores"} <= set(titles)  # fmt: skip
    assert dict(card.facts)["Decided as 1"] == "from 0.5 (no costs are declared)"
    assert card.confusion is not None


def test_gain_and_lift_are_those_of_the_scores(good: RunSummary) -> None:
    gain, lift = good.curves["gain"]["linear"], good.curves["lift"]["linear"]
    assert (gain["y"][0], gain["y"][-1]) == (0.0, 1.0)
    assert gain["y"] == sorted(gain["y"])
    assert lift["y"][-1] == pytest.approx(1.0)
    assert lift["y"][9] == pytest.approx(good.metrics["test_lift_top_decile"], abs=0.02)
    assert lift["y"][9] == pytest.approx(gain["y"][10] / 0.1)
    assert good.curves["gain"]["dummy"]["y"] == pytest.approx(good.curves["gain"]["dummy"]["x"])
