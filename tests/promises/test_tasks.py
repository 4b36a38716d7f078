"""One snapshot with its label in a column: trained, scored and reported, for each task."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession
from till import MON, Till, command, read, run

CUSTOMERS = 400
COLUMNS = (
    "customer: {type: string, pii: none}; size: {type: double, pii: none}; "
    "region: {type: string, pii: none}; spent: {type: double, pii: none}; "
    "kind: {type: string, pii: none}"
)
BRONZE = """\
table: bronze.{0}
description: One file, without a day
source: {{kind: files, format: csv, path: "{{landing}}/{0}/all.csv"}}
columns:
"""
MODEL = """\
model: need
description: What a customer needs
task: {task}
entity: customer
label: gold.needs.{label}
features: {{table: gold.traits}}
split: {{test_customers: 0.4}}
scores: {{history: silver.{task}_history, current: gold.{task}_scores, carry: [size]}}
"""


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory, privacy_key: str, spark: SparkSession) -> Till:
    """A CSV file of 400 customers, loaded; features and labels of the day of the run."""
    made = Till(tmp_path_factory.mktemp("tasks"))
    lines = "".join(f"  {column.strip()}\n" for column in COLUMNS.split(";"))
    made.declare("bronze/people.yml", BRONZE.format("people") + lines)
    made.silver("people", "SELECT customer, size, region, spent, kind FROM bronze.people",
                "write: append\nkeys: [customer]")  # fmt: skip
    made.features("traits", "SELECT customer, size, region FROM silver.people",
                  "source: silver.people\nkeys: [customer]")  # fmt: skip
    made.declare("labels/needs.yml", "table: gold.needs\ndescription: The labels\n"
                 "source: silver.people\nkeys: [customer]\nhorizon: 0 days\n")  # fmt: skip
    made.declare("labels/needs.sql", "SELECT customer, spent, kind FROM silver.people")
    (made.landing / "people").mkdir()
    (made.landing / "people" / "all.csv").write_text(snapshot())
    made.declare("model.yml", MODEL.format(task="regression", label="spent"))
    run(made, spark, MON, steps=["ingest", "refine", "features"])
    return made


def snapshot() -> str:
    rng = np.random.default_rng(4)
    size = rng.gamma(2, 1, CUSTOMERS)
    spent = size * 100 + rng.normal(0, 20, CUSTOMERS)
    cuts = size + rng.normal(0, 0.3, CUSTOMERS)
    kinds = np.select([cuts < 1, cuts < 2.5], ["small", "middle"], "large")
    regions = rng.choice(["north", "south", ""], CUSTOMERS)
    rows = [
        f"c{number:04d},{size[number]:.4f},{regions[number]},{spent[number]:.4f},{kinds[number]}"
        for number in range(CUSTOMERS)
    ]
    return "\n".join(["customer,size,region,spent,kind", *rows]) + "\n"


def page(till: Till) -> str:
    (file,) = Path(till.home).rglob("index.html")
    return file.read_text()


def test_a_snapshot_is_trained_scored_and_reported_for_each_task(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = {line.split(",")[0]: line.split(",") for line in snapshot().splitlines()[1:]}

    assert command(till, spark, "train", "--date", MON) == 0
    assert command(till, spark, "score", "--date", MON) == 0
    scored = read(till, spark, "gold.regression_scores")
    assert scored.columns == [
        "customer", "as_of", "model_name", "model_version", "prediction", "size"
    ]  # fmt: skip
    numbers = {row["customer"]: row["prediction"] for row in scored.collect()}
    assert len(numbers) == CUSTOMERS
    error = np.mean([abs(value - float(truth[name][3])) for name, value in numbers.items()])
    assert error < 40  # the noise is 16 on average, the spread 100
    assert command(till, spark, "report", "--date", MON) == 0
    html = page(till)
    assert "How the model does on later days, when the data changes, is not shown." in html
    assert "Predictions against what came true" in html
    assert re.search(r"RMSE, candidates", html)

    till.declare("model.yml", MODEL.format(task="multiclass", label="kind"))
    capsys.readouterr()
    assert command(till, spark, "score", "--date", MON) == 2
    assert "was trained for task: regression, and model.yml declares task: multiclass" in (
        capsys.readouterr().err
    )
    till.declare("model.yml", MODEL.format(task="multiclass", label="kind").replace(
        "model: need", "model: kind"))  # fmt: skip
    assert command(till, spark, "train", "--date", MON) == 0
    assert command(till, spark, "score", "--date", MON) == 0
    scored = read(till, spark, "gold.multiclass_scores")
    assert scored.columns == [
        "customer", "as_of", "model_name", "model_version", "prediction", "probability", "size"
    ]  # fmt: skip
    rows = scored.collect()
    right = Counter(row["prediction"] == truth[row["customer"]][4] for row in rows)
    assert right[True] > 0.7 * CUSTOMERS
    assert all(1 / 3 <= row["probability"] <= 1 for row in rows)
    assert command(till, spark, "report", "--date", MON) == 0
    assert "Classes against what came true" in page(till)
