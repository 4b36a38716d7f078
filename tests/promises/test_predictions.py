"""Current predictions follow the champion, however often the alias moves back and forth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from pyspark.sql import SparkSession
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline
from till import MON, TUE, Till, command, rows, run

from lakehouse.ml.artifact import DIGEST_TAG
from lakehouse.ml.columns import Columns, as_features
from lakehouse.ml.record import record_model
from lakehouse.ml.registry import register, tracking

HISTORY, CURRENT, NAME = "silver.stay_predictions", "gold.stay_scores", "tiny_stay"
BOUGHT = "SELECT customer, count(*) > 0 AS bought FROM silver.sales GROUP BY customer"
MODEL = """\
model: stay
description: Who stays
entity: customer
label: gold.bought.bought
features: {table: gold.activity}
split: {test_days: 7, test_customers: 0.3, every: 7}
scores: {history: silver.stay_predictions, current: gold.stay_scores}
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, privacy_key: str, spark: SparkSession) -> Till:
    """One customer, with features of Monday."""
    made = Till(tmp_path_factory.mktemp("stay")).sales()
    made.model(MODEL, labels=BOUGHT)
    made.sale("S1", MON)
    run(made, spark, MON, steps=["ingest", "refine", "features"])
    return made


@pytest.fixture
def till(built: Till, tmp_path: Path) -> Till:
    return built.copied(tmp_path)


@pytest.fixture
def registry(till: Till) -> Iterator[MlflowClient]:
    """Two registered versions: the first predicts 0 for everybody, the second 1."""
    with tracking(till.home / "shop" / "mlflow") as store:
        import mlflow

        columns = Columns(numeric=("n",), categorical=())
        training = pd.DataFrame({"n": [1, 2]})
        for label in (0, 1):
            model = make_pipeline(DummyClassifier(strategy="constant", constant=label))
            model.fit(as_features(training, columns), [0, 1])
            with mlflow.start_run(experiment_id=store.experiment(NAME)) as recorded:
                uri, digest = record_model(model, columns)
            register(
                NAME,
                model_uri=uri,
                run_id=recorded.info.run_id,
                description="Who stays",
                tags={DIGEST_TAG: digest},
            )
        MlflowClient().set_registered_model_alias(NAME, "champion", "1")
        yield MlflowClient()


def score(till: Till, spark: SparkSession, day: str) -> list[tuple[str | None, ...]]:
    assert command(till, spark, "score", "--date", day) == 0
    return rows(till, spark, CURRENT, "as_of", "model_version", "probability")


def test_current_predictions_are_the_champion_s_after_every_promotion_and_rollback(
    till: Till, registry: MlflowClient, spark: SparkSession
) -> None:
    expected = {1: [(MON, "1", "0.0")], 2: [(MON, "2", "1.0")]}
    for version in (1, 2, 1, 2):
        registry.set_registered_model_alias(NAME, "champion", version)
        assert score(till, spark, MON) == expected[version]
    both = [(MON, "1", "0.0"), (MON, "2", "1.0")]
    assert rows(till, spark, HISTORY, "as_of", "model_version", "probability") == both


def test_an_earlier_day_that_is_scored_again_leaves_the_current_predictions(
    till: Till, registry: MlflowClient, spark: SparkSession
) -> None:
    run(till, spark, TUE, steps=["features"])
    assert score(till, spark, TUE) == [(TUE, "1", "0.0")]
    assert score(till, spark, MON) == [(TUE, "1", "0.0")]
    assert rows(till, spark, HISTORY, "as_of") == [(MON,), (TUE,)]


def test_a_scored_day_is_undone_and_scored_again(
    till: Till, registry: MlflowClient, spark: SparkSession
) -> None:
    scored = score(till, spark, MON)
    (run_id,) = {record["run_id"] for record in till.shop(spark).runs("step = 'score'")}
    assert command(till, spark, "undo", "--run", run_id) == 0
    assert till.shop(spark).opened().tables("silver") == ["silver.sales"]
    assert score(till, spark, MON) == scored
    assert len(rows(till, spark, HISTORY, "as_of")) == 1


def test_maintenance_keeps_the_versions_that_models_were_trained_on(
    till: Till, registry: MlflowClient, spark: SparkSession,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    registry.set_model_version_tag(NAME, "1", "input_versions", '{"gold.activity": 0}')
    run(till, spark, TUE, steps=["features"])
    words = ["maintain", "--tables", "gold.activity", "--dry-run"]
    assert command(till, spark, *words) == 0
    said = capsys.readouterr().out
    assert "earlier versions kept for a registered model (version 0)" in said
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    assert command(till, spark, *words, "--set", "mlflow=http://127.0.0.1:9") == 0
    said = capsys.readouterr().out
    assert "the model registry cannot be read" in said
    assert "a registered model" not in said
