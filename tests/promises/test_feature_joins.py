"""A model that reads several feature tables: trained and scored on the same joined features."""

from __future__ import annotations

import json
from pathlib import Path

import club as c
import pytest
import till as t
from club import DAYS
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from till import Till

from lakehouse.cli.main import main
from lakehouse.errors import DeclarationError
from lakehouse.ml.registry import tracking, version_of

pytestmark = pytest.mark.usefixtures("privacy_key")
TIERS = "SELECT tier, count(*) AS members FROM silver.members GROUP BY tier"
JOINED = (
    "features:\n  table: gold.member_features\n  joins:\n"
    "    - {table: gold.tier_features, key: tier, max_age: 4 days}\n"
    "  columns: [tier, visits, spent, members]\n"
)


def declare(home: Path, tiers: str = TIERS, joined: str = JOINED) -> Till:
    till = c.declare(home)
    till.features("tier_features", tiers, "source: silver.members\nkeys: [tier]")
    till.declare("model.yml", c.with_features(joined))
    return till


def test_a_model_is_trained_and_scored_on_joined_features(
    spark: SparkSession, tmp_path: Path
) -> None:
    till = declare(tmp_path)
    c.land(till, c.random_club(120))
    lake = till.shop(spark).opened()
    days = {"start": str(DAYS[0]), "end": str(DAYS[-1])}
    lake.run("run", **days, steps=["ingest", "refine"])
    lake.run("features", **days, tables=["gold.member_features", "gold.comes_labels"])
    # The features of the tiers are made on two days only.
    for day in (DAYS[2], DAYS[6]):
        lake.run("features", date=str(day), tables="gold.tier_features")
    frame = lake.training_frame(date=DAYS[-1])
    tiers = t.read(till, spark, "gold.tier_features")
    on = F.when(F.col("as_of") >= F.lit(DAYS[6]), F.lit(DAYS[6])).when(
        F.col("as_of") >= F.lit(DAYS[2]), F.lit(DAYS[2])
    )
    on = F.when(F.date_diff("as_of", on) <= 4, on)
    expected = (
        frame.drop("members")
        .withColumn("_on", on)
        .join(tiers.select("tier", F.col("as_of").alias("_on"), "members"), ["tier", "_on"], "left")
        .select(*frame.columns)
    )
    assert frame.exceptAll(expected).isEmpty()
    assert expected.exceptAll(frame).isEmpty()
    assert frame.where("members IS NULL").count() > 0 < frame.where("members > 0").count()
    trained = lake.run("train", date=str(DAYS[-1]))
    outcomes = t.by_table(lake.run("score", date=str(DAYS[8])))
    history = outcomes["silver.comes_predictions"]
    assert history.error is None
    assert set(history.input_versions) == {"gold.member_features", "gold.tier_features"}
    assert history.rows_written == t.read(till, spark, "gold.member_features").where(
        F.col("as_of") == F.lit(DAYS[8])
    ).count()  # fmt: skip
    again = lake.run("train", date=str(DAYS[-1]), rebuild=trained.run_id)
    assert again.exceptAll(frame).isEmpty()


def test_features_of_a_joined_table_have_the_definition_that_the_model_was_trained_on(
    spark: SparkSession, tmp_path: Path
) -> None:
    gates = "gates: {better_than_dummy: false"
    model = c.with_features(JOINED).replace(gates, f"{gates}, max_calibration_error: null")
    till = declare(tmp_path)
    till.declare("model.yml", model)
    c.land(till, c.random_club(120))
    lake = till.shop(spark).opened()
    days = {"start": str(DAYS[0]), "end": str(DAYS[-1])}
    lake.run("run", **days, steps=["ingest", "refine", "features"])
    trained = lake.run("train", date=str(DAYS[-1]))
    with tracking(till.home / "shop" / "mlflow"):
        tags = version_of(trained.name, trained.version).tags
    (table,) = json.loads(tags["joined_definitions"])
    assert table == "gold.tier_features"

    # The newest day of the tiers is computed in another way.
    declare(tmp_path, TIERS.replace("count(*)", "1 + count(*)")).declare("model.yml", model)
    lake = till.shop(spark).opened()
    lake.run("features", date=str(DAYS[8]), tables="gold.tier_features")
    before = t.by_table(lake.run("score", date=str(DAYS[7])))["silver.comes_predictions"]
    assert (before.status, before.error) == ("passed", None)
    refused = t.by_table(lake.run("score", date=str(DAYS[8])))["silver.comes_predictions"]
    assert isinstance(refused.error, DeclarationError)
    text = str(refused.error)
    assert text.startswith(
        f"gold.tier_features: {trained.name} v1 was trained on features of another definition than "
        f"those of {DAYS[8]}\n"
    )
    assert f"lakehouse features --date {DAYS[8]}" in text
    assert "--tables gold.tier_features" in text
    # A later day may get them too, until they are older than max_age.
    later = t.by_table(lake.run("score", date=str(DAYS[9])))["silver.comes_predictions"]
    assert isinstance(later.error, DeclarationError)


@pytest.mark.parametrize(
    ("tiers", "joined", "message"),
    [
        (TIERS, JOINED.replace("tier_features", "tear_features"),
         "model.yml:8: gold.tear_features cannot be a feature table here; did you mean"),
        (TIERS, JOINED.replace("key: tier", "key: visits"),
         "model.yml:8: gold.tier_features has the keys tier; a joined table has one key, the "
         "column 'visits'"),
        (TIERS.replace("AS members", "AS visits"), JOINED,
         "model.yml:7: several feature tables have the column 'visits'"),
        (TIERS, JOINED.replace("members]", "membres]"),
         "no column 'membres'; did you mean 'members'?"),
    ],
)  # fmt: skip
def test_mistakes_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], tiers: str, joined: str, message: str
) -> None:
    till = declare(tmp_path, tiers, joined)
    words = ["validate", "--pipeline", "tiny", "--conf-dir", str(till.conf), "--env", "test"]
    assert main(words) == 2
    assert message in " ".join(capsys.readouterr().err.split())
