"""The columns of a prediction, as Spark and Arrow know them."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
from pyspark.sql.pandas.types import to_arrow_type
from pyspark.sql.types import DataType, DoubleType, StringType, StructField
from sklearn.pipeline import Pipeline

from lakehouse.config.tasks import TaskName
from lakehouse.ml.tasks.registry import task_of

_TYPES: dict[str, DataType] = {"double": DoubleType(), "string": StringType()}


def output_fields(task: TaskName) -> list[StructField]:
    """The columns that the task predicts."""
    return [StructField(name, _TYPES[kind]) for name, kind in task_of(task).predicted.items()]


def predict(task: TaskName, model: Pipeline, features: pd.DataFrame) -> list[pa.Array]:
    """The arrays of ``output_fields``; empty for no rows."""
    kinds = [to_arrow_type(field.dataType) for field in output_fields(task)]
    if features.empty:
        return [pa.array([], kind) for kind in kinds]
    predicted = task_of(task).predict(model, features)
    return [pa.array(values, kind) for values, kind in zip(predicted, kinds, strict=True)]
