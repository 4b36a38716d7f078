"""Training registers what beats the dummy; scores in Spark equal those of scikit-learn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from chispa import assert_df_equality
from memory_log import MemoryLog
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.errors import GateFailed, RunFailed
from lakehouse.ml.artifact import DIGEST_TAG, load_artifact
from lakehouse.ml.challenge import FIRST, challenge
from lakehouse.ml.columns import as_features
from lakehouse.ml.record import Provenance
from lakehouse.ml.reference_file import load_reference
from lakehouse.ml.registered import Trained
from lakehouse.ml.registry import Tracking, champion, input_versions, tracking, version_of
from lakehouse.ml.run_summary import summarize_run
from lakehouse.ml.train import train
from lakehouse.refresh.promotions import Signature
from lakehouse.scoring.score import score

pytestmark = pytest.mark.slow

NAME = "shop_churn"
FEATURES = ["is_member", "orders", "segment", "spent"]


def frame(*, noise: bool = False, customers: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    days = [date(2026, 1, 1) + timedelta(7 * week) for week in range(6)]
    size = customers * len(days)
    orders = rng.poisson(3, size)
    spent = np.exp(rng.normal(size=size))
    chance = np.full(size, 0.5) if noise else 1 / (1 + np.exp(2.0 * orders - 6 + spent))
    return pd.DataFrame(
        {
            "customer_id": np.repeat([f"c{number:04d}" for number in range(customers)], len(days)),
            "as_of": days * customers,
            "orders": pd.array(np.where(orders == 0, None, orders), dtype="Int64"),
            "spent": [Decimal(f"{value:.2f}") for value in spent],
            "is_member": rng.random(size) < 0.5,
            "segment": rng.choice(["a", "b", None], size),
            "churned": rng.random(size) < chance,
        }
    )


def decl(model: str = "churn") -> ModelDecl:
    return ModelDecl(
        model=model,
        description="Who will stop buying",
        entity="customer_id",
        label="gold.churn_labels.churned",
        features={"table": "gold.customer_features"},
        split={"test_days": 7, "test_customers": 0.4, "every": 7},
        scores={"history": "silver.churn_predictions", "current": "gold.churn_scores"},
        file=Path("model.yml"),
    )


def trained(rows: pd.DataFrame, store: Tracking, model: str = "churn") -> Trained:
    origin = Provenance("shop", {"gold.customer_features": 4, "gold.churn_labels": 2}, "abc", "def")
    return train(rows, decl(model), tracking=store, provenance=origin, horizon_days=14, draws=500)


def meets_champion(trained: Trained, rows: pd.DataFrame, log: MemoryLog) -> Trained:
    signed = Signature(f"run-{trained.version}", "shop", "ann", datetime(2026, 6, 1, tzinfo=UTC))
    version = version_of(trained.name, trained.version)
    decision = challenge(version, rows, decl(), horizon_days=14, log=log, signed=signed, draws=500)
    return replace(trained, champion=decision.promoted, reasons=decision.reasons)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracking]:
    with tracking(tmp_path_factory.mktemp("mlflow")) as opened:
        yield opened


@pytest.fixture(scope="module")
def twice(store: Tracking) -> tuple[Trained, Trained]:
    rows, log = frame(), MemoryLog()
    shuffled = rows.sample(frac=1, random_state=1)
    first = meets_champion(trained(rows, store), rows, log)
    return first, meets_champion(trained(shuffled, store), shuffled, log)


def test_the_first_version_is_champion_and_the_second_only_challenges(
    twice: tuple[Trained, Trained],
) -> None:
    assert [(one.name, one.version, one.champion) for one in twice] == [
        (NAME, 1, True),
        (NAME, 2, False),
    ]
    assert twice[0].reasons == (FIRST,)
    assert "the gain in roc_auc is +0.0000 [+0.0000, +0.0000] on " in twice[1].reasons[0]
    aliases = MlflowClient().get_registered_model(NAME).aliases
    assert {name: int(version) for name, version in aliases.items()} == {
        "champion": 1,
        "challenger": 2,
    }


def test_a_rebuilt_frame_gives_the_same_model(twice: tuple[Trained, Trained]) -> None:
    first, second = twice
    assert first.metrics == second.metrics
    assert [row["cv_mean"] for row in first.candidates] == [
        row["cv_mean"] for row in second.candidates
    ]


def test_the_model_beats_the_dummy_and_is_compared_with_the_linear_one(
    twice: tuple[Trained, Trained],
) -> None:
    metrics = twice[0].metrics
    assert metrics["vs_dummy_roc_auc_low"] > 0
    assert metrics["vs_dummy_average_precision_low"] > 0
    assert metrics["vs_linear_roc_auc_low"] <= metrics["vs_linear_roc_auc_high"]
    assert [row["name"] for row in twice[0].candidates] == ["dummy", "linear", "boosted"]


def test_the_run_records_what_the_model_was_trained_on(
    twice: tuple[Trained, Trained], tmp_path: Path
) -> None:
    version = champion(NAME)
    assert version is not None
    known = summarize_run(version, folder=tmp_path)
    assert known.tags["input_versions"] == '{"gold.churn_labels": 2, "gold.customer_features": 4}'
    assert input_versions(NAME) == {"gold.churn_labels": {2}, "gold.customer_features": {4}}
    assert known.params["train_last_day"] == "2026-01-22"
    assert known.dataset["features"]["categorical"] == ["segment"]
    assert [row["name"] for row in known.candidates] == ["dummy", "linear", "boosted"]
    assert set(known.plots) == {
        *("roc", "precision_recall", "gain", "lift", "calibration", "scores", "importance")
    }
    assert set(known.importance) == set(FEATURES)
    assert known.metrics == pytest.approx(
        twice[0].metrics | {key: known.dataset[key] for key in ("train_rows", "test_rows")}
    )


def test_no_stored_artifact_contains_a_customer(
    twice: tuple[Trained, Trained], store: Tracking
) -> None:
    folder = Path(store.uri.removeprefix("sqlite:///")).parent
    texts = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    assert not [text for text in texts if b"c0001" in text or b"c0250" in text]


def test_pure_noise_is_refused_recorded_and_not_registered(store: Tracking) -> None:
    with pytest.raises(GateFailed, match="not better than the dummy"):
        trained(frame(noise=True), store, "noise")
    experiment = store.experiment("shop_noise")
    runs = MlflowClient().search_runs([experiment], "tags.pipeline = 'shop'")
    assert [run.info.status for run in runs] == ["FAILED"]
    assert "test_roc_auc" in runs[0].data.metrics
    assert champion("shop_noise") is None


def test_scores_in_spark_are_those_of_scikit_learn(
    spark: SparkSession, twice: tuple[Trained, Trained]
) -> None:
    version = champion(NAME)
    assert version is not None
    rows = frame().head(40)
    typed = rows.assign(orders=rows["orders"].astype(object).where(rows["orders"].notna(), None))
    features = spark.createDataFrame(
        [tuple(row) for row in typed.itertuples(index=False)],
        "customer_id string, as_of date, orders int, spent decimal(12,2), is_member boolean, "
        "segment string, churned boolean",
    )
    known = load_artifact(version)
    expected = features.withColumn("order", F.col("customer_id")).join(
        spark.createDataFrame(
            [
                (key, day, float(value))
                for key, day, value in zip(
                    rows["customer_id"],
                    rows["as_of"],
                    known.model().predict_proba(as_features(rows, known.columns))[:, 1],
                    strict=True,
                )
            ],
            "customer_id string, as_of date, probability double",
        ),
        on=["customer_id", "as_of"],
        how="inner",
    )
    assert_df_equality(
        score(features, version, entity="customer_id", carry=["spent", "orders"]),
        expected.select(
            "customer_id",
            "as_of",
            F.lit(NAME).alias("model_name"),
            F.lit(1).cast("int").alias("model_version"),
            "probability",
            "spent",
            "orders",
        ),
        ignore_row_order=True,
        ignore_nullable=True,
    )


def test_a_feature_that_is_gone_is_named(
    spark: SparkSession, twice: tuple[Trained, Trained]
) -> None:
    version = champion(NAME)
    assert version is not None
    gone = spark.range(1).select(
        F.lit("c").alias("customer_id"), F.lit(date(2026, 1, 1)).alias("as_of")
    )
    with pytest.raises(RunFailed, match="needs the column 'is_member'"):
        score(gone, version, entity="customer_id")


def test_a_changed_file_is_not_loaded(twice: tuple[Trained, Trained]) -> None:
    version = MlflowClient().get_model_version(NAME, "2")
    version.tags[DIGEST_TAG] = "0" * 64
    with pytest.raises(RunFailed, match="not the one that was registered"):
        load_artifact(version)


def test_the_reference_is_frozen_with_the_version(
    twice: tuple[Trained, Trained], tmp_path: Path
) -> None:
    version = champion(NAME)
    assert version is not None
    reference = load_reference(version)
    assert reference is not None
    known = summarize_run(version, folder=tmp_path).dataset
    assert sorted(reference.features) == FEATURES
    rows = {name: column.counts.rows for name, column in reference.features.items()}
    assert rows == dict.fromkeys(FEATURES, known["train_rows"])
    assert reference.score.counts.rows == known["test_rows"]
    assert reference.features["segment"].bins.labels() == ["a", "b", "(rare or unseen)"]


def test_a_changed_reference_is_not_loaded(twice: tuple[Trained, Trained], store: Tracking) -> None:
    version = champion(NAME)
    assert version is not None
    folder = Path(store.uri.removeprefix("sqlite:///")).parent
    (file,) = folder.rglob(f"{version.run_id}/**/reference.json")
    text = file.read_text()
    file.write_text(text + " ")
    try:
        with pytest.raises(RunFailed, match=r"reference.json .* SHA-256 differs"):
            load_reference(version)
        file.unlink()
        with pytest.raises(RunFailed, match=r"reference.json of its training cannot be read"):
            load_reference(version)
    finally:
        file.write_text(text)


def test_a_version_of_before_has_no_reference() -> None:
    assert load_reference(ModelVersion(NAME, 3, 0)) is None
