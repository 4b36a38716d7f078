"""Regression and several classes are trained, gated and recorded; bad input is one clear error."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.pyfunc import load_model

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.errors import DeclarationError, GateFailed, UsageError
from lakehouse.ml.artifact import load_artifact
from lakehouse.ml.columns import as_features
from lakehouse.ml.record import Provenance
from lakehouse.ml.registered import Trained
from lakehouse.ml.registry import Tracking, tracking, version_of
from lakehouse.ml.run_summary import summarize_run
from lakehouse.ml.split import is_held_out
from lakehouse.ml.train import train

CURVES = {
    "regression": {"actual", "residuals", "importance"},
    "multiclass": {"confusion", "calibration", "importance"},
}

MISTAKES = {"regression": {"too high", "too low"}, "multiclass": {"wrong class"}}


def frame(task: str, *, noise: bool = False, customers: int = 500) -> pd.DataFrame:
    """One snapshot: a label in a column, without a calendar."""
    rng = np.random.default_rng(4)
    size = rng.gamma(2, 1, customers)
    told = rng.gamma(2, 1, customers) if noise else size
    if task == "regression":
        label = pd.Series(told * 100 + rng.normal(0, 20, customers))
    else:
        cuts = told + rng.normal(0, 0.3, customers)
        label = pd.Series(np.select([cuts < 1, cuts < 2.5], ["small", "middle"], "large"))
    return pd.DataFrame(
        {
            "customer_id": [f"c{number:04d}" for number in range(customers)],
            "as_of": date(2026, 1, 1),
            "size": size,
            "region": rng.choice(["north", "south", None], customers),
            "label": label,
        }
    )


def decl(task: str, name: str) -> ModelDecl:
    fields: dict[str, object] = {
        "model": name,
        "description": "What a customer will need",
        "task": task,
        "entity": "customer_id",
        "label": "gold.labels.label",
        "features": {"table": "gold.features"},
        "split": {"test_customers": 0.4},
        "scores": {"history": "silver.needs", "current": "gold.needs"},
        "file": Path("model.yml"),
    }
    return ModelDecl.model_validate(fields)


def trained(task: str, rows: pd.DataFrame, store: Tracking, name: str) -> Trained:
    origin = Provenance("shop", {"gold.features": 1})
    model = decl(task, name)
    return train(rows, model, tracking=store, provenance=origin, horizon_days=0, draws=200)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracking]:
    with tracking(tmp_path_factory.mktemp("mlflow")) as opened:
        yield opened


def versions_of(name: str) -> list[int]:
    found = MlflowClient().search_model_versions(f"name = '{name}'")
    return [int(version.version) for version in found]


@pytest.mark.slow
@pytest.mark.parametrize(("task", "leading"), [("regression", "rmse"), ("multiclass", "log_loss")])
def test_a_useful_model_is_registered_with_its_record(
    task: str, leading: str, store: Tracking, tmp_path: Path
) -> None:
    rows = frame(task)
    result = trained(task, rows, store, task)
    assert result.metrics[f"vs_dummy_{leading}_low"] > 0
    version = version_of(result.name, result.version)
    run = summarize_run(version, folder=tmp_path)
    assert set(run.plots) == CURVES[task]
    assert run.params["task"] == task
    assert "later days" in run.dataset["not_shown"]
    assert {one["kind"] for one in run.errors["mistakes"]} == MISTAKES[task]
    assert {one["entity"] for one in run.errors["mistakes"]} == {None}  # keys are no tokens
    (day,) = run.stability["days"]
    assert day["metrics"][leading]["estimate"] == pytest.approx(run.metrics[f"test_{leading}"])
    assert run.slices == {}
    artifact = load_artifact(version)
    assert artifact.task == task
    features = as_features(rows, artifact.columns)
    raw = load_model(f"models:/{version.name}/{version.version}").predict(features)
    model = artifact.model()
    own = model.predict(features) if task == "regression" else model.predict_proba(features)
    np.testing.assert_array_equal(np.asarray(raw), own)


@pytest.mark.slow
@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_noise_is_refused_recorded_and_not_registered(task: str, store: Tracking) -> None:
    with pytest.raises(GateFailed, match="not better than the dummy"):
        trained(task, frame(task, noise=True), store, f"noise_{task}")
    runs = MlflowClient().search_runs(
        [store.experiment(f"shop_noise_{task}")], "tags.pipeline = 'shop'"
    )
    assert [run.info.status for run in runs] == ["FAILED"]
    assert versions_of(f"shop_noise_{task}") == []


@pytest.mark.parametrize(
    ("task", "changes", "error", "message"),
    [
        ("binary", {"label": 0}, UsageError, "the training side has only labels of 0"),
        ("multiclass", {"label": "small"}, UsageError, "has labels of a single class"),
        ("regression", {"label": 5}, UsageError, "has labels that are all equal"),
        ("regression", {"label": "much"}, DeclarationError, "does not fit task: regression"),
        ("binary", {}, DeclarationError, "does not fit task: binary, which needs boolean or 0/1"),
        ("regression", {"size": 1.0}, DeclarationError, "training side; constant: size"),
        ("regression", {"size": None, "region": "north"}, DeclarationError,
         r"empty \(NULL in every row\): size; constant: region"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_error_and_nothing_is_registered(
    task: str,
    changes: dict[str, object],
    error: type[Exception],
    message: str,
    store: Tracking,
) -> None:
    rows = frame("regression" if task == "regression" else "multiclass").assign(**changes)
    with pytest.raises(error, match=message):
        trained(task, rows, store, "bad")
    assert versions_of("shop_bad") == []


def test_a_hold_out_without_positives_or_without_a_class_is_refused(store: Tracking) -> None:
    held_out = [is_held_out(f"c{number:04d}", 0.4) for number in range(500)]
    rows = frame("multiclass")
    label = pd.Series([0 if out else n % 2 for n, out in enumerate(held_out)])
    with pytest.raises(UsageError, match="the test side has only labels of 0"):
        trained("binary", rows.assign(label=label), store, "bad")
    four = rows["label"].where(pd.Series(held_out) | (rows.index > 300), "huge")
    with pytest.raises(UsageError, match="the test side has no row of 1 of 4 classes"):
        trained("multiclass", rows.assign(label=four), store, "bad")
