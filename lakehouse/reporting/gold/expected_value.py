"""The expected value of a day's predictions, summed and ranked in Spark."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.privacy.tokens import is_token
from lakehouse.reporting.data import ExpectedValue
from lakehouse.scoring.expected_value import EXPECTED_VALUE

LARGEST = 10


def expected_value(of_day: DataFrame, model: ModelDecl) -> ExpectedValue | None:
    """The sum over the rows that have a value, and the ten largest; None where no value is
    declared, or no row has one. Keys that are not tokens are left out: nothing says that they are
    pseudonyms."""
    value = model.scores.value
    if value is None or EXPECTED_VALUE not in of_day.columns:
        return None
    known = of_day.where(F.col(EXPECTED_VALUE).isNotNull())
    total, rows = known.agg(F.sum(EXPECTED_VALUE), F.count(F.lit(1))).collect()[0]
    if not rows:
        return None
    largest = known.orderBy(F.desc(EXPECTED_VALUE), model.entity).limit(LARGEST)
    named = F.col(model.entity).cast("string")
    top = largest.select(named, "probability", EXPECTED_VALUE).collect()
    shown = tuple(tuple(row) for row in top if is_token(row[0]))
    return ExpectedValue(value, float(total), int(rows), shown)
