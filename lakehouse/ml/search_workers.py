"""Run the jobs of a search on Spark's workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import pandas as pd

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

J = TypeVar("J")


def score_on_workers(
    score: Callable[[J], float],
    jobs: Sequence[J],
    *,
    spark: SparkSession,
    progress: Callable[[str], None],
) -> dict[J, float]:
    """The score of each job. The data goes out once per executor, with ``score``.

    One partition per job, and the last jobs first: candidates and their parameters are listed from
    the simplest to the most complex, and a long job that begins last would be waited for alone.
    """
    progress(f"{len(jobs)} fits on Spark's workers")
    listed = list(reversed(jobs))

    def fit(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            numbers = [int(number) for number in batch["id"]]
            scores = [score(listed[number]) for number in numbers]
            yield pd.DataFrame({"id": numbers, "score": scores})

    frame = spark.range(0, len(listed), 1, len(listed))
    rows = frame.mapInPandas(fit, "id bigint, score double").collect()
    return {listed[row["id"]]: row["score"] for row in rows}
