"""Figure ``scoring-udf``: scores in Spark beside MLflow's ``spark_udf`` with the same model."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import DataFrame, SparkSession
from sklearn.pipeline import Pipeline

from benchmarks.scoring import NAMES, measure
from benchmarks.session import compute


def main() -> None:
    """Measure both from the same Parquet files to a sink that drops the rows."""
    measure("scoring_udf", __doc__, spark_udf)


def spark_udf(
    spark: SparkSession, rows: DataFrame, uri: str, model: Pipeline, place: str
) -> Callable[[], object]:
    """MLflow's own function of a model for Spark."""
    import mlflow

    udf = mlflow.pyfunc.spark_udf(spark, uri, result_type="array<double>", env_manager="local")
    scored = rows.withColumn("probability", udf(*NAMES)[1])
    return lambda: compute(scored)


if __name__ == "__main__":
    main()
