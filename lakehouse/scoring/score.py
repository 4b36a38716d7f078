"""Score features in Spark, in batches, with one pinned model version."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType
from threadpoolctl import threadpool_limits

from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import RunFailed
from lakehouse.ml.artifact import ModelArtifact, load_artifact
from lakehouse.ml.columns import as_features
from lakehouse.scoring.batches import Batches, join_batches
from lakehouse.scoring.outputs import output_fields, predict

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

_FEATURE = "_feature_"


def score(
    features: DataFrame, version: ModelVersion, *, entity: str, carry: Sequence[str] = ()
) -> DataFrame:
    """One row for each row of ``features``: entity, as_of, model_name, model_version (int), the
    columns of the version's task (see ``outputs``), then the ``carry`` columns unchanged.

    NULL features, and numeric features that are not numbers, are missing values, which the model
    imputes. Raises RunFailed for a missing feature column or an artifact that is not the
    registered one. The model is sent to the workers in the plan (some MB), so that they need
    neither MLflow nor its store nor a shared disk. Batches stay in Arrow, so that carried decimals
    and dates are exact.
    """
    artifact = load_artifact(version)
    kept = [entity, "as_of", *carry]
    refuse_missing(features, version, [*kept, *artifact.columns.names])
    outputs = output_fields(artifact.task)
    schema = StructType([features.schema[name] for name in kept] + outputs)
    columns = [*(F.col(name) for name in kept), *model_inputs(artifact)]
    scored = features.select(*columns).mapInArrow(make_scorer(artifact, len(kept)), schema)
    return scored.select(
        entity,
        "as_of",
        F.lit(version.name).alias("model_name"),
        F.lit(int(version.version)).cast("int").alias("model_version"),
        *(field.name for field in outputs),
        *carry,
    )


def model_inputs(artifact: ModelArtifact) -> list[Column]:
    """The features in the model's types, renamed: a carried column may be a feature too."""
    numbers = [(name, F.col(name).try_cast("double")) for name in artifact.columns.numeric]
    categories = [(name, F.col(name).cast("string")) for name in artifact.columns.categorical]
    return [column.alias(_FEATURE + name) for name, column in numbers + categories]


def make_scorer(artifact: ModelArtifact, kept: int) -> Callable[[Batches], Batches]:
    """A function of Arrow batches: ``kept`` columns, then the model's inputs. It replaces the
    inputs by the columns of the task."""
    outputs = [field.name for field in output_fields(artifact.task)]

    def score_batches(batches: Batches) -> Batches:
        model = artifact.model()
        # Spark already runs one task per core.
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for batch in join_batches(batches):
                arrays = batch.columns
                frame = pa.RecordBatch.from_arrays(arrays[kept:], names=artifact.columns.names)
                inputs = as_features(frame.to_pandas(), artifact.columns)
                predicted = predict(artifact.task, model, inputs)
                names = [*batch.schema.names[:kept], *outputs]
                yield pa.RecordBatch.from_arrays([*arrays[:kept], *predicted], names=names)

    return score_batches


def refuse_missing(features: DataFrame, version: ModelVersion, names: list[str]) -> None:
    """Raise RunFailed for a column that the features do not have."""
    for name in names:
        if name not in features.columns:
            raise RunFailed(
                f"{version.name} v{version.version} needs the column '{name}', which the "
                f"features do not have{did_you_mean(name, features.columns)}",
                hint="compute the features as they were for training, or train again",
            )
