"""Two models in one pass give what each gives by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from chispa import assert_df_equality
from mlflow.entities.model_registry import ModelVersion
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from lakehouse.config.tasks import TaskName
from lakehouse.errors import RunFailed
from lakehouse.ml.artifact import DIGEST_TAG, TASK_TAG
from lakehouse.ml.columns import Columns, as_features
from lakehouse.ml.record import record_model
from lakehouse.ml.registry import register, tracking
from lakehouse.scoring.score import score
from lakehouse.scoring.score_both import score_both

pytestmark = [pytest.mark.spark, pytest.mark.slow]
TRAINING = pd.DataFrame({"size": [1.0, 2, 3, 4], "age": [4.0, 1, 3, 2], "zone": [1.0, 1, 2, 2]})


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with tracking(tmp_path_factory.mktemp("both") / "mlflow"):
        yield


def registered(
    task: TaskName, numeric: tuple[str, ...], categorical: tuple[str, ...] = ()
) -> ModelVersion:
    import mlflow

    last: Any = LogisticRegression() if task == "binary" else LinearRegression()
    encoded = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), list(categorical)), remainder="passthrough"
    )
    columns = Columns(numeric, categorical)
    frame = TRAINING.astype(dict.fromkeys(categorical, str))
    model = make_pipeline(encoded, last).fit(as_features(frame, columns), [0, 1, 0, 1])
    with mlflow.start_run() as run:
        uri, digest = record_model(model, columns, task)
    tags = {DIGEST_TAG: digest, TASK_TAG: task}
    return register("both", model_uri=uri, run_id=run.info.run_id, description="-", tags=tags)


@pytest.fixture(scope="module")
def features(spark: SparkSession) -> DataFrame:
    """Forty rows in four partitions; ``zone`` is a number in one model and a level in the other."""
    row = F.col("id")
    return spark.range(40).repartition(4).select(
        F.concat(F.lit("c"), row).alias("customer"),
        F.lit("2026-03-02").cast("date").alias("as_of"),
        (row % 5).cast("decimal(12,2)").alias("size"),
        (row % 7).alias("age"),
        (row % 2 + 1).cast("double").alias("zone"),
    )  # fmt: skip


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_two_models_with_other_inputs_give_what_each_gives(
    store: None, features: DataFrame, task: TaskName
) -> None:
    first = registered(task, ("size", "zone"))
    second = registered(task, ("age", "size"), ("zone",))
    both = score_both(features, first, second, entity="customer", carry=["size"])
    assert both.columns[:5] == ["customer", "as_of", "model_name", "model_version", "role"]
    for version, role in ((first, "champion"), (second, "challenger")):
        alone = score(features, version, entity="customer", carry=["size"])
        of_role = both.where(F.col("role") == role).drop("role")
        assert alone.count() == 40
        assert_df_equality(of_role, alone, ignore_row_order=True, ignore_nullable=True)


def test_the_features_are_read_once(store: None, features: DataFrame) -> None:
    first, second = registered("binary", ("size",)), registered("binary", ("age",))
    both = score_both(features, first, second, entity="customer")
    plan = both._jdf.queryExecution().optimizedPlan().toString()  # type: ignore[operator]
    assert plan.count("MapInArrow") == 1
    assert plan.count("Range (0, 40") == 1


def test_a_challenger_that_raises_gives_null_beside_the_champion(
    store: None, features: DataFrame
) -> None:
    first, second = registered("binary", ("age",)), registered("binary", ("size",))
    missing = features.withColumn("size", F.lit(None).cast("double"))
    both = score_both(missing, first, second, entity="customer")
    known = both.groupBy("role").agg(F.count("probability").alias("known"), F.count("*").alias("n"))
    assert {tuple(row) for row in known.collect()} == {("champion", 40, 40), ("challenger", 0, 40)}
    with pytest.raises(RunFailed, match="needs the column 'size'"):
        score_both(features.drop("size"), first, second, entity="customer")
