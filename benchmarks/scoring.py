"""Figure ``scoring``: scores in Spark beside scikit-learn's own ``predict_proba`` on all cores."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from sklearn.pipeline import Pipeline

from benchmarks.session import compute, open_session, print_pairs, time_pairs
from lakehouse.ml.artifact import DIGEST_TAG
from lakehouse.ml.candidates import boosted
from lakehouse.ml.columns import Columns
from lakehouse.ml.record import record_model
from lakehouse.ml.registry import register, tracking
from lakehouse.scoring.score import score

COLUMNS = 20
NAMES = tuple(f"f{number:02d}" for number in range(COLUMNS))


Rival = Callable[[SparkSession, DataFrame, str, Pipeline, str], Callable[[], object]]


def main() -> None:
    """Measure both from the same Parquet files; scores in Spark go to a sink that drops them."""
    measure("scoring", __doc__, alone)


def measure(figure: str, description: str | None, rival: Rival) -> None:
    """Register a boosted model of 20 features, and time ``score`` beside the rival."""
    spark, asked = open_session(figure, description)
    place = str(asked.folder / str(asked.rows))
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.normal(size=(asked.rows, COLUMNS)), columns=list(NAMES))
    frame.insert(0, "customer", np.arange(asked.rows).astype(str))
    frame.insert(1, "as_of", date(2026, 3, 1))
    write_as_a_job_does(spark, frame, asked.folder, place)
    trained = frame.head(20_000)
    chance = 1 / (1 + np.exp(1 - trained["f00"] + trained["f01"] * trained["f02"]))
    labels = (rng.random(len(trained)) < chance).astype(int)
    model = boosted(list(NAMES), []).fit(trained[list(NAMES)], labels)
    rows = spark.read.parquet(place)
    with tracking(asked.folder / "mlflow") as store:
        import mlflow

        with mlflow.start_run(experiment_id=store.experiment("bench")) as run:
            uri, digest = record_model(model, Columns(NAMES, ()))
        version = register(
            "bench",
            model_uri=uri,
            run_id=run.info.run_id,
            description="For the figure",
            tags={DIGEST_TAG: digest},
        )
        scored = score(rows, version, entity="customer")
        theirs = rival(spark, rows, uri, model, place)
        print_pairs(time_pairs(lambda: compute(scored), theirs, asked.runs))


def write_as_a_job_does(spark: SparkSession, frame: pd.DataFrame, folder: Path, place: str) -> None:
    """One file for each core, as a job on this machine leaves them."""
    frame.to_parquet(folder / "made.parquet", row_group_size=100_000)
    cores = spark.sparkContext.defaultParallelism
    made = spark.read.parquet(str(folder / "made.parquet"))
    made.repartition(cores).write.mode("overwrite").parquet(place)


def alone(
    spark: SparkSession, rows: DataFrame, uri: str, model: Pipeline, place: str
) -> Callable[[], object]:
    """scikit-learn on all cores: the files are read and its rows are scored, in one process."""

    def predict() -> None:
        features = pd.read_parquet(place, columns=list(NAMES))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.predict_proba(features)

    return predict


if __name__ == "__main__":
    main()
