"""A training frame holds what was known on each day, and nothing that became known later."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import club as c
import pytest
import till as t
from club import DAYS, HORIZON, Club
from mlflow import MlflowClient
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from sklearn.metrics import roc_auc_score
from till import Till

from lakehouse.ml.registry import tracking

pytestmark = pytest.mark.usefixtures("privacy_key")
STEPS = ["ingest", "refine", "features"]
MATURITY, EMBARGO = 1, 1


@pytest.fixture(scope="module")
def built(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, privacy_key: str
) -> tuple[Till, Club]:
    """200 members with histories of their own, and features and labels of every day."""
    till, club = c.declare(tmp_path_factory.mktemp("club")), c.random_club(200)
    c.land(till, club)
    lake = till.shop(spark).opened()
    outcomes = lake.run("run", start=str(DAYS[0]), end=str(DAYS[-1]), steps=STEPS)
    assert [o.message for o in outcomes if o.status == "failed"] == []
    return till, club


def test_the_frame_of_200_random_histories_equals_a_slow_reference(
    spark: SparkSession, built: tuple[Till, Club]
) -> None:
    till, club = built
    for last in (DAYS[-1], DAYS[7]):
        frame = till.shop(spark).opened().training_frame(date=last)
        columns = ["member", "as_of", "tier", "visits", "spent", "comes"]
        rows = sorted((tuple(row) for row in frame.select(*columns).collect()), key=str)
        assert rows == sorted(c.expected_frame(club, last), key=str)


def test_a_planted_leak_cannot_be_reached(spark: SparkSession, built: tuple[Till, Club]) -> None:
    """The note of a day tells the label, but was written ``HORIZON`` + 1 days later."""
    till, _ = built
    frame = till.shop(spark).opened().training_frame(date=DAYS[-1])
    seen = frame.select("note", F.col("comes").cast("int")).toPandas()
    assert seen["note"].isna().all()
    notes = t.read(till, spark, "silver.notes").withColumnRenamed("note", "leak")
    same = (notes.member == frame.member) & (notes.about == frame.as_of)
    reachable = frame.join(notes.drop("_known_date"), same).select("leak", "comes").toPandas()
    assert len(reachable) > 400
    assert roc_auc_score(reachable["comes"], reachable["leak"]) > 0.999
    visits = frame.select("visits", "comes").toPandas()
    assert 0.3 < roc_auc_score(visits["comes"], visits["visits"]) < 0.8


def test_a_label_is_used_when_it_is_mature_and_never_before(
    spark: SparkSession, built: tuple[Till, Club]
) -> None:
    till, _ = built
    for day in (DAYS[5], DAYS[8]):
        frame = till.shop(spark).opened().training_frame(date=day)
        newest = frame.agg(F.max("as_of")).first()
        assert newest is not None
        assert newest[0] == day - timedelta(days=HORIZON)


@pytest.fixture(scope="module")
def matured(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, privacy_key: str
) -> tuple[Till, Club]:
    """The same histories, with labels that wait for a further day, and an embargo of one."""
    home = tmp_path_factory.mktemp("matured")
    till, club = c.declare(home, maturity=MATURITY, embargo=EMBARGO), c.random_club(200)
    c.land(till, club)
    lake = till.shop(spark).opened()
    outcomes = lake.run("run", start=str(DAYS[0]), end=str(DAYS[-1]), steps=STEPS)
    assert [o.message for o in outcomes if o.status == "failed"] == []
    return till, club


def test_a_late_value_is_in_a_label_that_waits_for_it(
    spark: SparkSession, matured: tuple[Till, Club]
) -> None:
    """Visits that come a day late change labels; those that come later than that do not."""
    till, club = matured
    for last in (DAYS[-1], DAYS[7]):
        frame = till.shop(spark).opened().training_frame(date=last)
        columns = ["member", "as_of", "tier", "visits", "spent", "comes"]
        rows = sorted((tuple(row) for row in frame.select(*columns).collect()), key=str)
        assert rows == sorted(c.expected_frame(club, last, MATURITY), key=str)
    labels = {
        waited: {row[:2]: row[-1] for row in c.expected_frame(club, DAYS[-1], waited)}
        for waited in (0, MATURITY, MATURITY + 1)
    }
    common = labels[0].keys() & labels[MATURITY].keys() & labels[MATURITY + 1].keys()
    for fewer, more in ((0, MATURITY), (MATURITY, MATURITY + 1)):
        assert sum(labels[fewer][row] != labels[more][row] for row in common) > 10


def test_a_label_is_not_used_before_it_has_waited(
    spark: SparkSession, matured: tuple[Till, Club], capsys: pytest.CaptureFixture[str]
) -> None:
    till, _ = matured
    newest_label = DAYS[8] - timedelta(days=HORIZON + MATURITY)
    frame = till.shop(spark).opened().training_frame(date=DAYS[8])
    assert {row[0] for row in frame.agg(F.max("as_of")).collect()} == {newest_label}
    capsys.readouterr()
    assert t.command(till, spark, "plan", "--date", str(DAYS[8])) == 0
    assert (
        f"labels   of days up to {newest_label} are known by {DAYS[8]}" in capsys.readouterr().out
    )


def test_the_hold_out_begins_when_training_labels_have_waited_and_after_the_embargo(
    spark: SparkSession, matured: tuple[Till, Club], tmp_path: Path
) -> None:
    till = matured[0].copied(tmp_path)
    model = (till.conf / "pipelines" / "tiny" / "model.yml").read_text(encoding="utf-8")
    # Two days of a random club: nothing is learned, which is no matter here.
    off = "gates: {better_than_dummy: false, max_calibration_error: null}"
    till.declare("model.yml", model.replace("gates: {better_than_dummy: false}", off))
    shop = till.shop(spark)
    trained = shop.opened().run("train", date=str(DAYS[-1]))
    with tracking(shop.home / "mlflow"):
        params = MlflowClient().get_run(trained.run_id).data.params
    trained_until, tested_from = (
        date.fromisoformat(params[name]) for name in ("train_last_day", "test_first_day")
    )
    assert tested_from - trained_until == timedelta(days=HORIZON + MATURITY + EMBARGO)
    assert tested_from == DAYS[-1] - timedelta(days=HORIZON + MATURITY + 1)


def test_the_frame_of_a_run_is_built_again_after_more_data_and_maintenance(
    spark: SparkSession,
    built: tuple[Till, Club],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    till = built[0].copied(tmp_path)
    lake = till.shop(spark).opened()
    trained = lake.run("train", date=str(DAYS[-1]))
    before = lake.training_frame(date=DAYS[-1]).toPandas()
    later = [DAYS[-1] + timedelta(days=number) for number in range(1, 31)]
    c.land(till, c.random_club(200, seed=4, days=later))
    outcomes = lake.run("run", start=str(later[0]), end=str(later[-1]), steps=STEPS)
    assert [o.message for o in outcomes if o.status == "failed"] == []
    lake.run("maintain")
    assert t.command(till, spark, "maintain", "--set", "keep_history=0 days") == 0
    assert till.shop(spark).opened().training_frame().count() > len(before)
    again = till.shop(spark).opened().run("train", date=str(later[-1]), rebuild=trained.run_id)
    assert again.toPandas().equals(before)
    capsys.readouterr()
    words = ("train", "--date", str(later[-1]), "--rebuild")
    assert t.command(till, spark, *words, trained.run_id) == 0
    assert "equal by hash" in capsys.readouterr().out
    assert t.command(till, spark, *words, "nothing") == 2
    assert "MLflow has no run 'nothing'" in capsys.readouterr().err
    t.sql(till, spark, f"UPDATE {{}} SET visits = 99 WHERE as_of = DATE'{DAYS[0]}'",
          "gold.member_features")  # fmt: skip
    assert t.command(till, spark, *words, trained.run_id) == 0
