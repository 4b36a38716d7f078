"""A whole ``training`` block on real tables: sampled, weighted, forward, halved, selected,
calibrated, saved, scored, reported, and built again by hash."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import till as t
from mlflow import MlflowClient
from mlflow.artifacts import load_dict
from pyspark.sql import SparkSession
from till import Till

from lakehouse.ml.registry import champion, tracking
from lakehouse.ml.split import is_held_out

CUSTOMERS, HORIZON = 700, 2
DAYS = [date(2026, 3, 2) + timedelta(days=number) for number in range(16)]
COLUMNS = (
    "customer: {type: string, pii: none}; day: {type: date, pii: none}; "
    "recent: {type: double, pii: none}; mood: {type: double, pii: none}; "
    "dull: {type: double, pii: none}; region: {type: string, pii: none}; "
    "leaves: {type: int, pii: none}"
)
BASIS = """\
model: leaving
description: Who leaves
entity: customer
label: gold.leaving.leaves
features: {table: gold.traits}
split: {test_days: 3, test_customers: 0.4}
costs: {false_positive: 1, false_negative: 8}
scores: {history: silver.leaving_history, current: gold.leaving_scores}
"""
TRAINING = """\
training:
  max_rows: 1500
  class_weight: balanced
  folds: forward
  search: halving
  select_features: {max: 2}
  pca: {variance: 0.95}
  calibrate: sigmoid
"""


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory, privacy_key: str, spark: SparkSession) -> Till:
    """Sixteen days of 700 customers, of whom about 6 % leave; features and labels of each day."""
    made = Till(tmp_path_factory.mktemp("training"))
    names = "customer, day, recent, mood, dull, region, leaves"
    made.bronze("days", COLUMNS)
    made.silver("days", f"SELECT {names} FROM bronze.days", "write: append\nkeys: [customer, day]")
    made.features("traits", "SELECT customer, recent, mood, dull, region FROM silver.days "
                  "WHERE day = :as_of", "source: silver.days\nkeys: [customer]")  # fmt: skip
    made.declare("labels/leaving.yml", "table: gold.leaving\ndescription: Who left\n"
                 f"source: silver.days\nkeys: [customer]\nhorizon: {HORIZON} days\n")  # fmt: skip
    made.declare(
        "labels/leaving.sql", "SELECT customer, leaves FROM silver.days WHERE day = :as_of"
    )
    for day, rows in recorded().items():
        made.land("days", str(day), *rows)
    made.declare("model.yml", BASIS + TRAINING)
    for steps in (["ingest", "refine"], ["features"]):
        lake = made.shop(spark).opened()
        lake.run("run", start=str(DAYS[0]), end=str(DAYS[-1]), steps=steps)
    return made


def recorded() -> dict[date, list[dict[str, Any]]]:
    rng = np.random.default_rng(6)
    days: dict[date, list[dict[str, Any]]] = {}
    for day in DAYS:
        recent, mood, dull = rng.normal(size=(3, CUSTOMERS))
        chance = 1 / (1 + np.exp(4 - 1.5 * recent - mood**2 / 2))
        leaves = rng.random(CUSTOMERS) < chance
        regions = rng.choice(["north", "south"], CUSTOMERS)
        days[day] = [
            {"customer": f"c{number:04d}", "day": str(day), "recent": round(recent[number], 6),
             "mood": round(mood[number], 6), "dull": round(dull[number], 6),
             "region": regions[number], "leaves": int(leaves[number])}
            for number in range(CUSTOMERS)
        ]  # fmt: skip
    return days


def run_of(till: Till) -> tuple[str, dict[str, str], dict[str, Any], dict[str, Any]]:
    """The id of the champion's run, its parameters, ``dataset.json`` and ``stages.json``."""
    with tracking(till.home / "shop" / "mlflow"):
        version = champion("tiny_leaving")
        assert version is not None
        run = MlflowClient().get_run(str(version.run_id))
        uri = run.info.artifact_uri
        described = [load_dict(f"{uri}/{name}.json") for name in ("dataset", "stages")]
        return run.info.run_id, dict(run.data.params), *described


def test_a_model_is_trained_by_the_whole_block(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    last = str(DAYS[-1])
    assert t.command(till, spark, "train", "--date", last) == 0
    run_id, params, dataset, stages = run_of(till)
    sampling = dataset["sampling"]
    assert sampling["rows_after"] == dataset["train_rows"] == 1500
    assert sampling["rows_before"] == _rows(till, spark, dataset)
    assert sampling["strata"]["1"]["rate"] == 1.0
    assert sampling["strata"]["0"]["rate"] < 0.5
    assert dataset["train_label_rate"] < 0.1
    assert stages["features"] == ["mood", "recent"]
    assert stages["columns"] == {"kept": 2, "of": 5}
    assert stages["calibration"] == "sigmoid"
    assert params["training_folds"] == "forward"

    frame = till.shop(spark).opened().training_frame(date=last).toPandas()
    capsys.readouterr()
    assert t.command(till, spark, "train", "--date", last, "--rebuild", run_id) == 0
    assert "equal by hash" in capsys.readouterr().out
    assert frame["_weight"].max() == pytest.approx(1 / sampling["strata"]["0"]["rate"], rel=1e-5)

    assert t.command(till, spark, "score", "--date", last) == 0
    scored = t.read(till, spark, "gold.leaving_scores").toPandas()
    assert len(scored) == CUSTOMERS
    # Weights alone would say 50 % on average.
    assert scored["probability"].mean() == pytest.approx(dataset["train_label_rate"], abs=0.03)

    assert t.command(till, spark, "report", "--date", last) == 0
    (page,) = Path(till.home).rglob("index.html")
    text = page.read_text()
    assert f"1,500 of {sampling['rows_before']:,} training rows, by label, with weights" in text
    assert "2 of 5 prepared columns: those of mood, recent" in text
    assert "sigmoid after class weights" in text


def _rows(till: Till, spark: SparkSession, dataset: dict[str, Any]) -> int:
    """The training rows of the table, by the model without its block."""
    rows = t.read(till, spark, "gold.leaving").select("customer", "as_of").collect()
    last = date.fromisoformat(dataset["train_last_day"])
    return sum(row["as_of"] <= last and not is_held_out(row["customer"], 0.4) for row in rows)


def test_other_blocks_are_refused_with_their_line(
    till: Till, spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = till.copied(tmp_path)
    for training, message in (
        ("training: {folds: sideways}", "training.folds: input should be 'customer' or 'forward'"),
        ("training: {max_row: 1000}", "unknown key 'max_row'; did you mean 'max_rows'?"),
    ):
        other.declare("model.yml", f"{BASIS}{training}\n")
        assert t.command(other, spark, "train", "--date", str(DAYS[-1])) == 2
        told = capsys.readouterr().err
        assert message in told
        assert "model.yml:9" in told
    snapshot = BASIS.replace("test_days: 3, ", "") + "training: {folds: forward}\n"
    other.declare("model.yml", snapshot)
    assert t.command(other, spark, "train", "--date", str(DAYS[-1])) == 2
    assert "folds: forward needs days" in capsys.readouterr().err
