"""Two trainings, a promotion and a rollback: who scores, and what ``ops.promotions`` says."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from pyspark.sql import SparkSession
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline
from till import Till, command, read, rows, sale

from lakehouse.errors import RunFailed
from lakehouse.ml.artifact import DIGEST_TAG
from lakehouse.ml.columns import Columns, as_features
from lakehouse.ml.record import record_model
from lakehouse.ml.registered import Trained
from lakehouse.ml.registry import register, registered_model, tracking
from lakehouse.refresh.promotions import PromotionTable
from lakehouse.steps.progress import Quiet

NAME, CURRENT = "tiny_return", "gold.return_scores"
FIRST, LAST = date(2026, 3, 2), date(2026, 4, 6)
ACTIVITY = """\
SELECT customer, count(*) AS n, datediff(:as_of, max(day)) AS age
FROM silver.sales WHERE day > date_sub(:as_of, 28) AND day <= :as_of GROUP BY customer
"""
RETURNED = """\
SELECT customer, bool_or(day > :as_of) AS returned FROM silver.sales
WHERE day > date_sub(:as_of, 28) AND day <= :until GROUP BY customer HAVING bool_or(day <= :as_of)
"""
MODEL = """\
model: return
description: Who comes again within a week
entity: customer
label: gold.returned.returned
features: {table: gold.activity}
split: {test_days: 7, test_customers: 0.4, every: 7}
promotion: {min_gain: 0.01}
scores: {history: silver.return_predictions, current: gold.return_scores}
"""


def weekly_sales(made: Till) -> None:
    """Six Mondays: half of 160 customers nearly always buy, the others nearly never."""
    chance = random.Random(3)
    for week in range(6):
        day = str(FIRST + timedelta(7 * week))
        sales = [
            sale(f"{week}-{number}", day, customer=f"C{number}")
            for number in range(160)
            if week == 0 or chance.random() < (0.95 if number % 2 else 0.1)
        ]
        made.land("sales", day, *sales)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, privacy_key: str, spark: SparkSession) -> Till:
    """Six weeks of sales, their features and labels, and two trainings on them."""
    made = Till(tmp_path_factory.mktemp("return")).sales()
    made.features("activity", ACTIVITY, "keys: [customer]\nlookback: 28 days")
    head = "table: gold.returned\ndescription: Computed\nsource: silver.sales\n"
    keys = "keys: [customer]\nlookback: 28 days\nhorizon: 7 days\n"
    made.declare("labels/returned.yml", head + keys)
    made.declare("labels/returned.sql", RETURNED)
    made.declare("model.yml", MODEL)
    weekly_sales(made)
    lake = made.shop(spark).opened()
    for start, end in ((FIRST, FIRST), (FIRST + timedelta(1), LAST)):
        outcomes = lake.run("run", start=start, end=end, steps=["ingest", "refine", "features"])
        assert {outcome.status for outcome in outcomes} <= {"passed", "skipped"}, outcomes
    first, second = (lake.run("train", date=LAST) for _ in range(2))
    assert isinstance(first, Trained)
    assert isinstance(second, Trained)
    assert [(one.version, one.champion) for one in (first, second)] == [(1, True), (2, False)]
    assert "does not exceed the minimum of 0.01" in second.reasons[0]
    return made


@pytest.fixture
def till(built: Till, tmp_path: Path) -> Till:
    """A copy of the warehouse and of the registry; the artifacts are shared."""
    return built.copied(tmp_path)


def models(till: Till, spark: SparkSession, *words: str) -> int:
    return command(till, spark, "models", *words)


def aliases(till: Till) -> dict[str, int]:
    with tracking(till.home / "shop" / "mlflow"):
        known = registered_model(NAME)
    assert known is not None
    return known.aliases


def decisions(till: Till, spark: SparkSession) -> list[tuple[str | None, ...]]:
    found = read(till, spark, "ops.promotions").orderBy("decided_at", "run_id")
    names = ("action", "from_version", "to_version", "reason")
    return [tuple(row) for row in found.select(*names).collect()]


def scored_by(till: Till, spark: SparkSession) -> set[tuple[str, ...]]:
    assert command(till, spark, "score", "--date", str(LAST)) == 0
    return set(rows(till, spark, CURRENT, "model_version"))


def test_after_a_rollback_the_previous_version_scores_again(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scored_by(till, spark) == {("1",)}
    words = ("promote", "2", "--reason", "the new one explains itself")
    assert models(till, spark, *words, "--dry-run") == 0
    assert aliases(till) == {"champion": 1, "challenger": 2}
    assert models(till, spark, *words) == 0
    assert aliases(till) == {"champion": 2, "previous_champion": 1}
    assert scored_by(till, spark) == {("2",)}
    assert models(till, spark, "rollback") == 0
    assert aliases(till) == {"champion": 1}
    assert scored_by(till, spark) == {("1",)}
    capsys.readouterr()
    assert models(till, spark, "rollback") == 2
    assert "there is no previous champion to go back to" in capsys.readouterr().err
    assert len(decisions(till, spark)) == 4
    first, second, promoted, back = decisions(till, spark)
    assert first == ("promote", None, 1, "the first model that passed its gates")
    assert second[:3] == ("keep", 1, 2)
    assert promoted == ("promote", 1, 2, "the new one explains itself")
    assert back == ("rollback", 2, 1, "rolled back")


def test_the_record_says_who_decided_on_what_numbers(till: Till, spark: SparkSession) -> None:
    kept = read(till, spark, "ops.promotions").where("action = 'keep'").collect()[0].asDict()
    trained = {run["run_id"] for run in till.shop(spark).runs("step = 'train'")}
    assert kept["run_id"] in trained
    assert (kept["pipeline"], kept["model"]) == ("tiny", NAME)
    assert kept["decided_by"] is not None
    numbers = json.loads(kept["numbers"])
    assert numbers["last_day"] == str(LAST - timedelta(7))
    assert (numbers["gain"], numbers["min_gain"], numbers["meeting"]) == (0, 0.01, 1)
    assert numbers["rows"] > numbers["entities"] / 2 > 0


def test_versions_are_listed_and_compared(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    assert models(till, spark, "list") == 0
    newest, oldest = capsys.readouterr().out.strip().splitlines()
    assert newest.split()[:3] == ["v2", "challenger", "roc_auc"]
    assert oldest.split()[:3] == ["v1", "champion", "roc_auc"]
    assert "gold.activity v" in oldest
    assert "gold.returned v" in oldest
    assert models(till, spark, "compare", "1", "2") == 0
    printed = capsys.readouterr().out
    assert f"hold-out rows, {LAST - timedelta(7)} to {LAST - timedelta(7)}" in printed
    assert "v1: roc_auc 0." in printed
    assert "v2: roc_auc 0." in printed
    assert (
        "v2 would not take the place of v1: the gain in roc_auc is +0.0000 [+0.0000, +0.0000]"
        in printed
    )
    assert len(decisions(till, spark)) == 2


def poor_champion(till: Till, feature: str) -> None:
    """Version 3, the champion, gives everybody the same probability."""
    import mlflow

    columns = Columns(numeric=(feature,), categorical=())
    model = make_pipeline(DummyClassifier(strategy="prior"))
    model.fit(as_features(pd.DataFrame({feature: [1, 2]}), columns), [0, 1])
    with tracking(till.home / "shop" / "mlflow") as store:
        with mlflow.start_run(experiment_id=store.experiment(NAME)) as recorded:
            mlflow.log_params({"split_test_customers": 0.4, "train_last_day": str(FIRST)})
            uri, digest = record_model(model, columns)
        run_id, tags = recorded.info.run_id, {DIGEST_TAG: digest}
        register(NAME, model_uri=uri, run_id=run_id, description="Poor", tags=tags)
        MlflowClient().set_registered_model_alias(NAME, "champion", "3")


def test_a_training_that_is_better_takes_the_champion_s_place(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    poor_champion(till, "n")
    assert command(till, spark, "train", "--date", str(LAST)) == 0
    printed = capsys.readouterr().out
    assert f"{NAME} v4" in printed
    assert "is the champion\n" in printed
    assert "its lower bound exceeds the minimum of 0.01 (challenger 2 on this hold-out" in printed
    assert aliases(till) == {"champion": 4, "previous_champion": 3, "challenger": 2}
    assert decisions(till, spark)[-1][:3] == ("promote", 3, 4)
    assert scored_by(till, spark) == {("4",)}


def test_a_training_beside_a_champion_whose_inputs_are_gone_is_one_error(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    poor_champion(till, "visits")
    assert command(till, spark, "train", "--date", str(LAST)) == 3
    error = capsys.readouterr().err
    assert f"{NAME} v4: it stays challenger, since no comparison was possible" in error
    assert f"{NAME} v3: it needs the column 'visits', which the features do not have" in error
    assert aliases(till) == {"champion": 3, "challenger": 4}
    assert decisions(till, spark)[-1][:3] == ("keep", 3, 4)


class Killed(BaseException):
    """The end of the process."""


@pytest.mark.parametrize("after", [False, True])
def test_a_rollback_that_is_killed_at_its_record_is_finished_by_the_same_command(
    till: Till, spark: SparkSession, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    append = PromotionTable.append

    def killed(log: PromotionTable, promotion: object) -> None:
        if after:
            append(log, promotion)  # type: ignore[arg-type]
        raise Killed

    assert models(till, spark, "promote", "2", "--reason", "try it") == 0
    with monkeypatch.context() as patch:
        patch.setattr(PromotionTable, "append", killed)
        with pytest.raises(Killed):
            models(till, spark, "rollback", "--reason", "it was wrong")
    assert models(till, spark, "rollback", "--reason", "it was wrong") == 0
    assert aliases(till) == {"champion": 1}
    assert decisions(till, spark)[2:] == [
        ("promote", 1, 2, "try it"),
        ("rollback", 2, 1, "it was wrong"),
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "missing command"),
        (["promot", "2"], "unknown command 'promot'; did you mean 'promote'?"),
        (["promote"], "'promote' takes one version, given as a number"),
        (["compare", "1", "new"], "'compare' takes two versions, given as a number"),
        (["promote", "2"], "missing --reason"),
        (["promote", "1", "--reason", "x"], "v1 is the champion already"),
        (["promote", "9", "--reason", "x"], "there is no version 9"),
        (["rollback"], "there is no previous champion to go back to"),
    ],
)
def test_a_wrong_call_is_one_error_and_changes_nothing(
    built: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str],
    words: list[str], message: str,
) -> None:  # fmt: skip
    assert models(built, spark, *words) == 2
    assert message in capsys.readouterr().err
    assert aliases(built) == {"champion": 1, "challenger": 2}


def test_a_version_that_cannot_be_loaded_is_not_promoted(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    with tracking(till.home / "shop" / "mlflow"):
        MlflowClient().set_model_version_tag(NAME, "2", "model_sha256", "0" * 64)
    assert models(till, spark, "promote", "2", "--reason", "x") == 3
    assert "its SHA-256 differs" in capsys.readouterr().err
    assert aliases(till) == {"champion": 1, "challenger": 2}
    assert len(decisions(till, spark)) == 2


class BreaksStore(Quiet):
    """Damages the store as soon as the models are fitted."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "mlflow.db"

    def note(self, text: str) -> None:
        if text == "recording the run in MLflow":
            self.file.write_bytes(b"not a database " * 4096)


def test_a_store_that_breaks_during_the_training_is_one_error(
    till: Till, spark: SparkSession
) -> None:
    lake, breaks = till.shop(spark).opened(), BreaksStore(till.home / "shop" / "mlflow")
    with pytest.raises(RunFailed, match=f"{NAME}: the model registry did not answer"):
        lake.run("train", date=LAST, progress=breaks)
    assert len(decisions(till, spark)) == 2


def test_with_a_store_that_is_down_nothing_is_promoted(
    built: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    down = ("--set", "mlflow=http://127.0.0.1:9")
    calls = (["models", "list"], ["models", "rollback"], ["train", "--date", str(LAST)])
    for step, *words in calls:
        assert command(built, spark, step, *words, *down) == 3
        error = capsys.readouterr().err
        assert f"{NAME}: the model registry did not answer" in error
        assert "Traceback" not in error
    assert len(decisions(built, spark)) == 2
