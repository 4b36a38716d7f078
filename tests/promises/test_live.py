"""A challenger on live data: scored beside the champion, and deciding for a share of customers."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from pyspark.sql import DataFrame, SparkSession
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from till import MON, TUE, WED, Till, by_table, command, not_null, read, rows, run, sale

from lakehouse.ml.artifact import DIGEST_TAG
from lakehouse.ml.columns import Columns, as_features
from lakehouse.ml.record import record_model
from lakehouse.ml.registry import register, tracking
from lakehouse.scoring import live_history
from lakehouse.scoring.score_both import score_both

HISTORY, CURRENT, NAME = "silver.stay_predictions", "gold.stay_scores", "tiny_stay"
CUSTOMERS = [f"C{number:02d}" for number in range(60)]
FEATURES = """\
SELECT customer, count(*) AS n, CAST(NULL AS DOUBLE) AS gap,
  CASE WHEN customer <> 'C00' THEN sum(amount) END AS spent
FROM silver.sales GROUP BY customer
"""
BOUGHT = "SELECT customer, count(*) > 0 AS bought FROM silver.sales GROUP BY customer"
MODEL = """\
model: stay
description: Who stays
entity: customer
label: gold.bought.bought
features: {table: gold.activity}
split: {test_days: 7, test_customers: 0.3, every: 7}
live: {shadow: true}
scores: {history: silver.stay_predictions, current: gold.stay_scores}
"""
CANARY = MODEL.replace("{shadow: true}", "{canary: 0.3}")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, privacy_key: str, spark: SparkSession) -> Till:
    """Features of three days, of 60 customers."""
    made = Till(tmp_path_factory.mktemp("live")).sales()
    made.model(MODEL, labels=BOUGHT)
    made.features("activity", FEATURES)
    for day in (MON, TUE, WED):
        made.land("sales", day, *(sale(f"{name}-{day}", day, customer=name) for name in CUSTOMERS))
        run(made, spark, day, steps=["ingest", "refine", "features"])
    return made


@pytest.fixture
def till(built: Till, tmp_path: Path) -> Till:
    return built.copied(tmp_path)


def add_version(label: int | None = None, *, feature: str = "n", coefficient: float = 0.0) -> None:
    """Register a version that predicts ``label`` for everybody, or a regression of ``feature``."""
    import mlflow

    columns = Columns(numeric=(feature,), categorical=())
    last = DummyClassifier(strategy="constant", constant=label)
    model = make_pipeline(LogisticRegression() if label is None else last)
    model.fit(as_features(pd.DataFrame({feature: [1, 2]}), columns), [0, 1])
    if label is None:
        model[-1].coef_ = np.array([[coefficient]])
    experiment = mlflow.get_experiment_by_name(NAME) or None
    with mlflow.start_run(experiment_id=experiment.experiment_id if experiment else None) as made:
        uri, digest = record_model(model, columns)
    run_id, tags = made.info.run_id, {DIGEST_TAG: digest}
    register(NAME, model_uri=uri, run_id=run_id, description="Who stays", tags=tags)


@pytest.fixture
def registry(till: Till) -> Iterator[MlflowClient]:
    """The champion predicts 0 for everybody, the challenger 1."""
    with tracking(till.home / "shop" / "mlflow") as store:
        store.experiment(NAME)
        add_version(0)
        add_version(1)
        client = MlflowClient()
        client.set_registered_model_alias(NAME, "champion", "1")
        client.set_registered_model_alias(NAME, "challenger", "2")
        yield client


def score(till: Till, spark: SparkSession, *days: str) -> None:
    for day in days:
        assert command(till, spark, "score", "--date", day) == 0


def counts(till: Till, spark: SparkSession, table: str, *columns: str) -> Counter[tuple[Any, ...]]:
    return Counter(rows(till, spark, table, *columns))


def canary() -> set[str]:
    """The customers of the canary, computed another way."""
    return {name for name in CUSTOMERS if _hash(name) < 0.3}


def _hash(name: str) -> float:
    digest = hashlib.sha256(f"canary:{NAME}:{name}".encode()).hexdigest()
    return int(digest[:13], 16) / 16**13


def test_the_challenger_is_scored_into_the_history_alone(
    till: Till, registry: MlflowClient, spark: SparkSession
) -> None:
    score(till, spark, MON)
    assert counts(till, spark, HISTORY, "model_version", "role", "decided", "probability") == {
        ("1", "champion", "True", "0.0"): 60,
        ("2", "challenger", "False", "1.0"): 60,
    }
    assert read(till, spark, HISTORY).select("customer", "as_of", "model_version").distinct(
        ).count() == 120  # fmt: skip
    assert counts(till, spark, CURRENT, "model_version", "role", "probability") == {
        ("1", "champion", "0.0"): 60
    }
    before = till.shop(spark).runs("step = 'score'")
    score(till, spark, MON)
    again = till.shop(spark).runs("step = 'score'")[len(before) :]
    assert {record["status"] for record in again} == {"skipped"}
    assert read(till, spark, HISTORY).count() == 120


def test_a_promotion_leaves_the_record_of_earlier_days(
    till: Till, registry: MlflowClient, spark: SparkSession
) -> None:
    till.declare("model.yml", CANARY)
    score(till, spark, MON)
    monday = rows(till, spark, HISTORY)
    registry.set_registered_model_alias(NAME, "champion", "2")
    registry.delete_registered_model_alias(NAME, "challenger")
    score(till, spark, TUE)
    assert [row for row in rows(till, spark, HISTORY) if MON in row] == monday
    assert counts(till, spark, CURRENT, "as_of", "model_version", "role") == {
        (TUE, "2", "champion"): 60
    }
    # The day is decided again: the old champion's predictions stay, and decide no more.
    score(till, spark, MON)
    on_monday = read(till, spark, HISTORY).where(f"as_of = DATE'{MON}'")
    assert Counter(
        tuple(row) for row in on_monday.select("model_version", "role", "decided").collect()
    ) == {(2, "champion", True): 60, (1, "champion", False): 60}
    # And back, by the same two versions that scored it first.
    registry.set_registered_model_alias(NAME, "champion", "1")
    registry.set_registered_model_alias(NAME, "challenger", "2")
    score(till, spark, MON)
    assert [row for row in rows(till, spark, HISTORY) if MON in row] == monday
    decided = read(till, spark, HISTORY).where("decided").groupBy("customer", "as_of").count()
    assert {row["count"] for row in decided.collect()} == {1}


def test_a_canary_is_decided_by_the_challenger_on_every_day(
    till: Till, registry: MlflowClient, spark: SparkSession
) -> None:
    till.declare("model.yml", CANARY)
    assert 5 < len(canary()) < 40
    for day in (MON, TUE):
        score(till, spark, day)
        current = read(till, spark, CURRENT)
        assert current.where(f"as_of = DATE'{day}'").count() == current.count() == 60
        by_challenger = current.where("model_version = 2 AND probability = 1").collect()
        assert {row["customer"] for row in by_challenger} == canary()
        assert current.where("model_version = 1 AND probability = 0").count() == 60 - len(canary())
    decided = read(till, spark, HISTORY).where("decided").collect()
    assert {row["customer"] for row in decided if row["role"] == "challenger"} == canary()
    assert read(till, spark, HISTORY).count() == 240
    assert len(decided) == 120


def breaks_artifact(registry: MlflowClient) -> None:
    registry.set_model_version_tag(NAME, "2", DIGEST_TAG, "0" * 64)


def misses_input(registry: MlflowClient) -> None:
    add_version(1, feature="visits")
    registry.set_registered_model_alias(NAME, "challenger", "3")


def raises(registry: MlflowClient) -> None:
    """A regression without an imputer refuses NaN."""
    add_version(feature="gap")
    registry.set_registered_model_alias(NAME, "challenger", "3")


def gives_nan(registry: MlflowClient) -> None:
    add_version(coefficient=float("nan"))
    registry.set_registered_model_alias(NAME, "challenger", "3")


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (breaks_artifact, "its SHA-256 differs"),
        (misses_input, "needs the column 'visits'"),
        (raises, "probability_is_valid"),
        (gives_nan, "probability_is_valid"),
    ],
)
def test_a_challenger_that_cannot_be_scored_is_left_out_with_a_warning(
    till: Till, registry: MlflowClient, spark: SparkSession, broken: Any, why: str
) -> None:
    till.declare("model.yml", CANARY)
    score(till, spark, MON)
    digest = registry.get_model_version(NAME, "2").tags[DIGEST_TAG]
    broken(registry)
    outcomes = by_table(till.shop(spark).opened().run("score", date=TUE))
    history = outcomes[HISTORY]
    assert (history.status, history.rows_written, history.rows_read) == ("passed", 60, 60)
    (alert,) = history.alerts
    assert "was left out" in alert
    assert why in alert
    assert counts(till, spark, CURRENT, "as_of", "model_version") == {(TUE, "1"): 60}
    (record,) = till.shop(spark).runs(f"table = '{HISTORY}' AND date = DATE'{TUE}'")
    assert "was left out" in record["message"]
    # The next run of the day tries it again, also after it was repaired.
    again = by_table(till.shop(spark).opened().run("score", date=TUE))[HISTORY]
    assert (again.status, again.alerts) == ("passed", [alert])
    registry.set_model_version_tag(NAME, "2", DIGEST_TAG, digest)
    registry.set_registered_model_alias(NAME, "challenger", "2")
    score(till, spark, TUE)
    assert read(till, spark, HISTORY).where(f"as_of = DATE'{TUE}'").count() == 120


def test_a_challenger_that_ends_its_worker_leaves_the_champion_s_predictions(
    till: Till, registry: MlflowClient, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end_worker(batches: Iterator[Any]) -> Iterator[Any]:
        for _ in batches:
            os._exit(1)
        yield from ()

    def both(features: DataFrame, *versions: Any, **options: Any) -> DataFrame:
        scored = score_both(features, *versions, **options)
        return scored.mapInArrow(end_worker, scored.schema)

    monkeypatch.setattr(live_history, "score_both", both)
    history = by_table(till.shop(spark).opened().run("score", date=MON))[HISTORY]
    assert (history.status, history.rows_written) == ("passed", 60)
    assert "the challenger v2 was left out, and the champion alone scored" in history.alerts[0]
    assert counts(till, spark, CURRENT, "model_version", "probability") == {("1", "0.0"): 60}


def test_rows_of_a_challenger_that_is_left_out_later_decide_no_more(
    till: Till, registry: MlflowClient, spark: SparkSession
) -> None:
    till.declare("model.yml", CANARY)
    score(till, spark, MON)
    breaks_artifact(registry)
    assert command(till, spark, "score", "--date", MON, "--full-refresh") == 0
    assert counts(till, spark, HISTORY, "model_version", "role", "decided") == {
        ("1", "champion", "True"): 60,
        ("2", "challenger", "False"): 60,
    }
    assert counts(till, spark, CURRENT, "model_version") == {("1",): 60}


def test_a_broken_champion_stops_as_before(
    till: Till, registry: MlflowClient, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    registry.set_model_version_tag(NAME, "1", DIGEST_TAG, "0" * 64)
    assert command(till, spark, "score", "--date", MON) == 3
    assert f"{NAME} v1: the model's file is not the one that was registered" in (
        capsys.readouterr().err
    )
    add_version(coefficient=float("nan"))
    registry.set_registered_model_alias(NAME, "champion", "3")
    assert command(till, spark, "score", "--date", MON) == 1
    assert "probability_is_valid" in capsys.readouterr().err
    tables = till.shop(spark).opened().tables()
    assert not {HISTORY, CURRENT} & set(tables)


def test_rules_reject_rows_of_both_versions_and_a_repeat_replaces_them(
    till: Till, registry: MlflowClient, spark: SparkSession
) -> None:
    till.suite(HISTORY, not_null("spent", "spent_is_known", mostly=0.9))
    carried = f"stay_scores, carry: [spent], expectations: {HISTORY}}}"
    till.declare("model.yml", CANARY.replace("stay_scores}", carried))
    outcomes = by_table(till.shop(spark).opened().run("score", date=MON))
    history = outcomes[HISTORY]
    assert (history.rows_read, history.rows_written, history.rows_quarantined) == (120, 118, 2)
    assert history.alerts == []
    assert read(till, spark, "quarantine.silver_stay_predictions").count() == 2
    assert read(till, spark, CURRENT).count() == 59
    registry.delete_registered_model_alias(NAME, "challenger")
    score(till, spark, MON)
    quarantined = read(till, spark, "quarantine.silver_stay_predictions").collect()
    assert [(row["customer"], row["model_version"]) for row in quarantined] == [("C00", 1)]
    decided = read(till, spark, HISTORY).where("decided").collect()
    assert Counter(row["model_version"] for row in decided) == {1: 59}


def test_live_may_be_declared_later_and_taken_away_again(
    till: Till, registry: MlflowClient, spark: SparkSession
) -> None:
    without = MODEL.replace("live: {shadow: true}\n", "")
    till.declare("model.yml", without)
    score(till, spark, MON, TUE)
    assert "role" not in read(till, spark, HISTORY).columns
    till.declare("model.yml", CANARY)
    # Tuesday remains the newest day, and was scored before.
    score(till, spark, MON)
    assert counts(till, spark, CURRENT, "as_of", "model_version") == {(TUE, "1"): 60}
    score(till, spark, TUE)
    assert counts(till, spark, CURRENT, "as_of", "model_version") == {
        (TUE, "1"): 60 - len(canary()),
        (TUE, "2"): len(canary()),
    }
    till.declare("model.yml", without)
    score(till, spark, TUE)
    assert counts(till, spark, CURRENT, "as_of", "model_version") == {(TUE, "1"): 60}
    assert "decided" not in read(till, spark, CURRENT).columns


def test_the_expected_value_is_the_probability_times_the_value(
    till: Till, registry: MlflowClient, spark: SparkSession
) -> None:
    till.declare("model.yml", CANARY.replace("stay_scores}", "stay_scores, value: spent}"))
    score(till, spark, MON)
    valued = ("model_version", "probability", "expected_value")
    assert counts(till, spark, HISTORY, *valued) == {
        ("1", "0.0", "0.0"): 59,
        ("1", "0.0", None): 1,
        ("2", "1.0", "1.0"): 59,
        ("2", "1.0", None): 1,
    }
    assert "spent" not in read(till, spark, CURRENT).columns
    decided = len(canary() - {"C00"})
    assert counts(till, spark, CURRENT, *valued)["2", "1.0", "1.0"] == decided
    assert command(till, spark, "report") == 0
    (file,) = till.home.rglob("index.html")
    page = file.read_text()
    assert f"Scored with version 1, and version 2 for {len(canary())} of them." in page
    assert f"{decided} in total, of 59 customers with a value" in page
