"""The expected value of a prediction: the probability of label 1 times a value of the entity."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.model.scores import ModelScores

EXPECTED_VALUE = "expected_value"


def carried_for(scores: ModelScores) -> list[str]:
    """The feature columns that scoring passes on: those of ``carry``, and ``value``."""
    return list(dict.fromkeys([*scores.carry, *([scores.value] if scores.value else [])]))


def add_expected_value(scored: DataFrame, scores: ModelScores) -> DataFrame:
    """Predictions with ``expected_value`` (double, in the unit of ``value``) before the carried
    columns; unchanged where no ``value`` is declared.

    It is NULL where the value is NULL or not a number. A ``value`` that is not carried is left out.
    """
    if scores.value is None:
        return scored
    value = F.col(scores.value).try_cast("double")
    expected = F.when(~F.isnan(value), F.col("probability") * value).alias(EXPECTED_VALUE)
    predicted = [name for name in scored.columns if name not in carried_for(scores)]
    return scored.select(*predicted, expected, *scores.carry)
