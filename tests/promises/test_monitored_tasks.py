"""Segments and performance of trained models: a regression, and several classes.

On Monday all is as at training, on Tuesday the people of the north are larger, and what they need
has nothing to do with it any more.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession
from till import MON, TUE, Till, command, read, rows, run

PEOPLE = 900
COLUMNS = (
    "customer: {type: string, pii: none}; day: {type: date, pii: none}; "
    "size: {type: double, pii: none}; region: {type: string, pii: none}; "
    "spent: {type: double, pii: none}; kind: {type: string, pii: none}"
)
MODEL = """\
model: {model}
description: What a customer needs
task: {task}
entity: customer
label: gold.needs.{label}
features: {{table: gold.traits}}
split: {{test_customers: 0.4}}
monitoring: {{by: [region]}}
scores: {{history: silver.{model}_history, current: gold.{model}_scores}}
"""
METRICS = ("day", "metric", "level", "raised")
LOADED = ("ingest", "refine", "features")


def land(till: Till, day: str, *, moved: bool) -> None:
    rng = np.random.default_rng(4)
    region = rng.choice(["north", "south"], PEOPLE)
    size = rng.gamma(2, 1, PEOPLE) + np.where(moved & (region == "north"), 1.5, 0.0)
    needed = rng.permutation(size) if moved else size
    spent = needed * 100 + rng.normal(0, 20, PEOPLE)
    cuts = needed + rng.normal(0, 0.3, PEOPLE)
    kind = np.select([cuts < 1, cuts < 2.5], ["small", "middle"], "large")
    till.land(
        "people",
        day,
        *(
            {"customer": f"c{number:04d}", "day": day, "size": float(size[number]),
             "region": str(region[number]), "spent": float(spent[number]),
             "kind": str(kind[number])}
            for number in range(PEOPLE)
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory, privacy_key: str, spark: SparkSession) -> Till:
    made = Till(tmp_path_factory.mktemp("tasks"))
    made.bronze("people", COLUMNS)
    made.silver("people", "SELECT customer, day, size, region, spent, kind FROM bronze.people",
                "write: append\nkeys: [customer, day]")  # fmt: skip
    rest = "source: silver.people\nkeys: [customer]\nlookback: 1 days"
    made.features("traits", "SELECT customer, size, region FROM silver.people "
                  "WHERE day > date_sub(:as_of, 1) AND day <= :as_of", rest)  # fmt: skip
    made.declare("labels/needs.yml", "table: gold.needs\ndescription: The labels\n"
                 f"{rest}\nhorizon: 0 days\n")  # fmt: skip
    made.declare("labels/needs.sql", "SELECT customer, spent, kind FROM silver.people "
                 "WHERE day > date_sub(:as_of, 1) AND day <= :until")  # fmt: skip
    made.declare("model.yml", MODEL.format(model="need", task="regression", label="spent"))
    land(made, MON, moved=False)
    run(made, spark, MON, steps=LOADED)
    return made


def train_and_monitor(till: Till, spark: SparkSession) -> None:
    """Train and score on Monday, then monitor both days."""
    assert command(till, spark, "train", "--date", MON) == 0
    run(till, spark, MON, steps=["score"])
    assert command(till, spark, "monitor", "--date", MON) == 0
    land(till, TUE, moved=True)
    run(till, spark, TUE, steps=[*LOADED, "score"])


def alarms(till: Till, spark: SparkSession, model: str) -> set[tuple[str, str | None]]:
    found = read(till, spark, "ops.drift").where(f"model = 'tiny_{model}' AND level = 'alarm'")
    return {(row["column"], row["segment"]) for row in found.where(f"day = DATE'{TUE}'").collect()}


def test_a_regression_is_monitored_within_segments_and_once_labels_are_known(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    train_and_monitor(till, spark)
    capsys.readouterr()
    assert command(till, spark, "monitor", "--date", TUE) == 1
    said = capsys.readouterr()
    north = "region=north"
    assert {("size", north), ("score", north)} <= alarms(till, spark, "need")
    segments = {row[0] for row in rows(till, spark, "ops.drift", "segment")}
    assert segments == {None, north, "region=south"}
    south = read(till, spark, "ops.drift").where("segment = 'region=south'")
    assert {row["level"] for row in south.collect()} == {"ok"}
    names = ("label_mean", "mae", "mean_error", "median_absolute_error", "r2", "rmse")
    assert rows(till, spark, "ops.performance", *METRICS) == sorted(
        [
            *((MON, name, "ok" if name == "rmse" else None, "False") for name in names),
            *(
                (TUE, name, "alarm" if name == "rmse" else None, str(name == "rmse"))
                for name in names
            ),
        ],
        key=str,
    )
    assert f"predictions of {TUE}: rmse " in said.out + said.err
    requests = rows(till, spark, "ops.retrain_requests", "day", "served_version")
    assert requests == [(TUE, None)]
    exact = read(till, spark, "silver.need_history").join(
        read(till, spark, "gold.needs"), ["customer", "as_of"]
    )
    errors = exact.where(f"as_of = DATE'{TUE}'").selectExpr("prediction - spent").toPandas()
    rmse = read(till, spark, "ops.performance").where(f"metric = 'rmse' AND day = DATE'{TUE}'")
    assert rmse.first()["value"] == pytest.approx(float(np.sqrt((errors**2).mean().iloc[0])))
    assert command(till, spark, "report", "--date", TUE) == 0
    (page,) = Path(till.home).rglob("index.html")
    text = page.read_text()
    assert "Drift within segments" in text
    assert "RMSE over time" in text
    assert "c0001" not in text


def test_several_classes_are_monitored_once_labels_are_known(
    till: Till, spark: SparkSession, tmp_path: Path
) -> None:
    other = till.copied(tmp_path)
    other.declare("model.yml", MODEL.format(model="kind", task="multiclass", label="kind"))
    assert command(other, spark, "train", "--date", MON) == 0
    run(other, spark, MON, steps=["score"])
    assert command(other, spark, "monitor", "--date", MON) == 0
    run(other, spark, TUE, steps=["score"])
    assert command(other, spark, "monitor", "--date", TUE) == 1
    found = rows(other, spark, "ops.performance", "model", *METRICS)
    names = ("accuracy", "balanced_accuracy", "f1_macro")
    assert [row[1:] for row in found if row[0] == "tiny_kind"] == [
        *((MON, name, "ok" if name == "accuracy" else None, "False") for name in names),
        *((TUE, name, "alarm" if name == "accuracy" else None, str(name == "accuracy"))
          for name in names),
    ]  # fmt: skip
