"""Champion and challenger on matured outcomes: the figures, and what is missing before them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from pyspark.sql import SparkSession
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from till import MON, TUE, WED, Till, command, read, run, sale

from lakehouse.ml.artifact import DIGEST_TAG
from lakehouse.ml.columns import Columns, as_features
from lakehouse.ml.live_gain import LiveGain
from lakehouse.ml.record import record_model
from lakehouse.ml.registry import register, tracking
from lakehouse.scoring import live_outcomes

NAME, HISTORY = "tiny_stay", "silver.stay_predictions"
FEATURES = """\
SELECT customer, count(*) AS n, max(CAST(substr(customer, 2) AS INT) % 7) AS noise
FROM silver.sales GROUP BY customer
"""
BOUGHT = """\
SELECT customer, bool_or(day > :as_of) AS bought FROM silver.sales
WHERE day <= :until GROUP BY customer HAVING bool_or(day <= :as_of)
"""
MODEL = """\
model: stay
description: Who comes again tomorrow
entity: customer
label: gold.bought.bought
features: {table: gold.activity}
split: {test_days: 7, test_customers: 0.3, every: 7}
live: {shadow: true}
scores: {history: silver.stay_predictions, current: gold.stay_scores}
"""


def sales(made: Till) -> None:
    """Odd customers buy twice on the first day, and most of them on the next days too."""
    for day in (MON, TUE, WED):
        buying = [
            number
            for number in range(120)
            if day == MON or (number % 5 if number % 2 else number % 7 == 0)
        ]
        twice = [number for number in buying if day == MON and number % 2]
        made.land("sales", day, *(
            sale(f"{day}-{place}", day, customer=f"C{number}")
            for place, number in enumerate([*buying, *twice])
        ))  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, privacy_key: str, spark: SparkSession) -> Till:
    """Two days, scored by two versions that were trained until Monday; no label is known yet."""
    made = Till(tmp_path_factory.mktemp("compare")).sales()
    made.model(MODEL, labels=BOUGHT)
    made.features("activity", FEATURES)
    sales(made)
    for day in (MON, TUE):
        run(made, spark, day, steps=["ingest", "refine"])
        assert command(made, spark, "features", "--date", day, "--tables", "gold.activity") == 0
    with tracking(made.home / "shop" / "mlflow") as store:
        experiment = store.experiment(NAME)
        for version, feature in enumerate(("noise", "n"), start=1):
            add_version(experiment, feature, known_by=MON)
            alias = "champion" if version == 1 else "challenger"
            MlflowClient().set_registered_model_alias(NAME, alias, str(version))
    return made


def add_version(experiment: str, feature: str, *, known_by: str) -> None:
    """A version that ranks customers by one feature."""
    import mlflow

    columns = Columns(numeric=(feature,), categorical=())
    model = make_pipeline(LogisticRegression())
    model.fit(as_features(pd.DataFrame({feature: [1, 2]}), columns), [0, 1])
    with mlflow.start_run(experiment_id=experiment) as made:
        uri, digest = record_model(model, columns)
    tags = {DIGEST_TAG: digest, "known_by": known_by}
    register(NAME, model_uri=uri, run_id=made.info.run_id, description="Who stays", tags=tags)


@pytest.fixture
def till(built: Till, tmp_path: Path) -> Till:
    return built.copied(tmp_path)


@pytest.fixture
def registry(till: Till) -> Iterator[MlflowClient]:
    with tracking(till.home / "shop" / "mlflow"):
        yield MlflowClient()


def compare(till: Till, spark: SparkSession, *words: str) -> int:
    return command(till, spark, "models", "compare", "--live", *words)


def score(till: Till, spark: SparkSession) -> None:
    for day in (MON, TUE):
        assert command(till, spark, "score", "--date", day) == 0


def make_labels(till: Till, spark: SparkSession) -> None:
    """The labels of Monday and Tuesday, known on Wednesday."""
    run(till, spark, WED, steps=["ingest", "refine"])
    words = ("--start", TUE, "--end", WED, "--tables", "gold.bought")
    assert command(till, spark, "features", *words) == 0


def test_matured_outcomes_are_compared(
    till: Till, registry: MlflowClient, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    score(till, spark)
    make_labels(till, spark)
    capsys.readouterr()
    assert compare(till, spark) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines.pop(0) == "v1 is the champion, v2 the challenger"
    assert lines[0] == (f"240 outcomes of 120 entities, predicted by both on {MON} to {TUE}")
    labelled = read(till, spark, "gold.bought").join(
        read(till, spark, HISTORY), ["customer", "as_of"]
    ).toPandas()  # fmt: skip
    for line, version in ((lines[1], 1), (lines[2], 2)):
        rows = labelled[labelled["model_version"] == version]
        assert len(rows) == 240
        auc = roc_auc_score(rows["bought"].astype(int), rows["probability"])
        assert line.startswith(f"v{version}: roc_auc {auc:.4f} [0.")
    assert lines[3].startswith("gain of v2 over v1: +0.")
    assert lines[4] == "v2 is better than v1, by more than min_gain (0.005)"
    assert "would be shown in 80% of such comparisons" in lines[5]
    assert "min_gain (0.005) would be shown in" in lines[6]
    assert "times as many entities" in lines[6]

    # By its numbers, the other way round, and known by a day.
    lake = till.shop(spark).opened()
    words = {"words": ["compare", "2", "1"], "live": True}
    turned = lake.run("models", date=TUE, **words)
    assert isinstance(turned, LiveGain)
    assert (turned.champion, turned.challenger) == (2, 1)
    assert (turned.first_day, turned.last_day, turned.gain.rows) == (MON, MON, 120)
    assert turned.gain.high < 0
    assert turned.verdict() == "v1 is worse than v2"


def test_of_many_outcomes_those_of_whole_entities_are_compared(
    till: Till, registry: MlflowClient, spark: SparkSession, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    score(till, spark)
    make_labels(till, spark)
    monkeypatch.setattr(live_outcomes, "MOST_ROWS", 120)
    capsys.readouterr()
    assert compare(till, spark) == 0
    _, sample, counted, *_ = capsys.readouterr().out.splitlines()
    assert sample == "a sample of entities, of 240 outcomes:"
    rows, entities = (int(word) for word in counted.split() if word.isdecimal())
    assert rows == 2 * entities
    assert 40 < entities < 80


def test_days_whose_labels_a_version_was_trained_on_do_not_count(
    till: Till, registry: MlflowClient, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    score(till, spark)
    make_labels(till, spark)
    registry.set_model_version_tag(NAME, "2", "known_by", TUE)
    capsys.readouterr()
    assert compare(till, spark) == 0
    assert f"120 outcomes of 120 entities, predicted by both on {TUE} to {TUE}" in (
        capsys.readouterr().out
    )
    registry.set_model_version_tag(NAME, "2", "known_by", WED)
    assert compare(till, spark) == 2
    assert f"v1 and v2 have no day that both scored on or after {WED}" in capsys.readouterr().err
    registry.delete_model_version_tag(NAME, "2", "known_by")
    assert compare(till, spark) == 3
    assert f"{NAME} v2: its training does not say which labels it knew" in capsys.readouterr().err


def test_what_is_missing_is_one_error(
    till: Till, registry: MlflowClient, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(till, spark) == 2
    assert f"{HISTORY} has no predictions yet" in capsys.readouterr().err
    score(till, spark)
    capsys.readouterr()
    assert compare(till, spark) == 2
    error = capsys.readouterr().err
    assert (
        "no outcome of a day that both v1 and v2 scored is known yet: the first of these days is "
        f"{MON}, and its labels are known from {TUE}"
    ) in error
    assert f"lakehouse features --date {TUE}" in error
    head = "table: gold.bought\ndescription: Computed\nsource: silver.sales\nkeys: [customer]\n"
    till.declare("labels/bought.yml", f"{head}horizon: 1 days\nmaturity: 1 days\n")
    assert compare(till, spark) == 2
    assert f"{MON}, and its labels are known from {WED}" in capsys.readouterr().err
    registry.delete_registered_model_alias(NAME, "challenger")
    assert compare(till, spark) == 2
    assert "there is no challenger to compare with the champion" in capsys.readouterr().err
    registry.delete_registered_model_alias(NAME, "champion")
    assert compare(till, spark) == 2
    assert "there is no champion to compare with" in capsys.readouterr().err
    assert command(till, spark, "models", "list", "--live") == 2
    assert "--live does not go with 'list'" in capsys.readouterr().err
