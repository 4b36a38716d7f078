"""The columns of a prediction, by task, and how a model computes them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql.pandas.types import to_arrow_type
from pyspark.sql.types import DoubleType, StringType, StructField
from sklearn.pipeline import Pipeline

from lakehouse.config.tasks import TaskName

Arrays = list[pa.Array]
Predict = Callable[[Pipeline, pd.DataFrame], Arrays]


def output_fields(task: TaskName) -> list[StructField]:
    """``probability`` (of label 1), ``prediction`` (a number), or the most probable class as
    ``prediction`` and its ``probability``."""
    fields = {
        "binary": [StructField("probability", DoubleType())],
        "multiclass": [
            StructField("prediction", StringType()), StructField("probability", DoubleType())
        ],
        "regression": [StructField("prediction", DoubleType())],
    }  # fmt: skip
    return fields[task]


def predict(task: TaskName, model: Pipeline, features: pd.DataFrame) -> Arrays:
    """The arrays of ``output_fields``; empty for no rows."""
    if features.empty:
        return [pa.array([], to_arrow_type(field.dataType)) for field in output_fields(task)]
    return _PREDICT[task](model, features)


def _binary(model: Pipeline, features: pd.DataFrame) -> Arrays:
    return [pa.array(model.predict_proba(features)[:, 1], pa.float64())]


def _multiclass(model: Pipeline, features: pd.DataFrame) -> Arrays:
    probabilities = model.predict_proba(features)
    best = probabilities.argmax(axis=1)
    names = np.asarray(model.classes_, dtype=object)[best]
    return [pa.array(names, pa.string()), pa.array(probabilities.max(axis=1), pa.float64())]


def _regression(model: Pipeline, features: pd.DataFrame) -> Arrays:
    return [pa.array(np.asarray(model.predict(features), float), pa.float64())]


_PREDICT: dict[TaskName, Predict] = {
    "binary": _binary,
    "multiclass": _multiclass,
    "regression": _regression,
}
