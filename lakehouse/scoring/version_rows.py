"""The predictions of one model version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Column
from pyspark.sql import functions as F

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


def is_by(version: ModelVersion) -> Column:
    """Whether a row of predictions was made by ``version``."""
    return (F.col("model_name") == F.lit(version.name)) & (
        F.col("model_version") == F.lit(int(version.version))
    )
