"""The features that a batch of days is scored from."""

from __future__ import annotations

from pyspark.sql import DataFrame

from lakehouse.config.model.features import ModelFeatures
from lakehouse.ml.feature_joins import add_joined_features
from lakehouse.refresh.batch import DayBatch
from lakehouse.refresh.context import RunContext


def features_of(context: RunContext, features: ModelFeatures, batch: DayBatch) -> DataFrame:
    """The features of the batch's days, with those of joined tables, at the versions that it
    reads."""
    days = f"as_of >= DATE'{batch.days[0]}' AND as_of <= DATE'{batch.days[-1]}'"
    version = batch.inputs[features.table].version
    rows = context.tables.read(features.table, version).where(days)
    return add_joined_features(context, rows, features, batch.versions())
