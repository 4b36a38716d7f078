"""Predictions of each task, counted in Spark."""

from __future__ import annotations

from dataclasses import replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.reporting.data import Scores

BINS = 20


def probabilities(of_day: DataFrame, scores: Scores) -> Scores:
    """Counts in twenty equal bins from 0 to 1; NULL counts nowhere."""
    place = F.least(F.floor(F.col("probability") * BINS), F.lit(BINS - 1)).alias("bin")
    rows = of_day.groupBy(place).agg(F.count("probability").alias("rows")).collect()
    by_bin = {int(row["bin"]): int(row["rows"]) for row in rows if row["bin"] is not None}
    return replace(scores, counts=tuple(by_bin.get(index, 0) for index in range(BINS)))


def predicted_classes(of_day: DataFrame, scores: Scores) -> Scores:
    """How many were given each class, the most frequent first; NULL counts nowhere."""
    known = of_day.where("prediction IS NOT NULL").groupBy("prediction").count().collect()
    rows = sorted(known, key=lambda row: (-row["count"], row["prediction"]))
    return replace(
        scores,
        counts=tuple(int(row["count"]) for row in rows),
        classes=tuple(str(row["prediction"]) for row in rows),
    )


def predicted_numbers(of_day: DataFrame, scores: Scores) -> Scores:
    """Counts in twenty equal bins from the 1st to the 99th percentile; those beyond are in the
    outer bins. NULL counts nowhere."""
    ends = of_day.agg(F.percentile_approx("prediction", [0.01, 0.99])).collect()[0][0]
    if ends is None:
        return scores
    low, high = float(ends[0]), float(ends[1])
    high = high if high > low else low + 1
    place = F.floor((F.col("prediction") - low) / (high - low) * BINS)
    inside = F.greatest(F.lit(0), F.least(place, F.lit(BINS - 1))).alias("bin")
    rows = of_day.where("prediction IS NOT NULL").groupBy(inside).count().collect()
    by_bin = {int(row["bin"]): int(row["count"]) for row in rows}
    return replace(
        scores, counts=tuple(by_bin.get(at, 0) for at in range(BINS)), low=low, high=high
    )
