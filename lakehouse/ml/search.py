"""Cross-validate all candidates with all parameters of their grids, on Spark's workers where the
data is large enough to be worth it.

A job is one fold of one set of parameters. Jobs are the same and give the same scores wherever they
run, so that a search in parallel chooses what a serial one does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid, cross_val_score
from threadpoolctl import threadpool_limits

from lakehouse.ml.candidates import Candidate
from lakehouse.ml.select import Folds, Validated

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from lakehouse.ml.tasks.task import Scorer

Job = tuple[int, int]
"""The numbers of a trial and of a fold."""
PARALLEL_FROM = 20_000
"""The rows from which a search runs on Spark's workers; a smaller one ends before they start."""


@dataclass(frozen=True)
class Search:
    """The candidates in their order, and what they are tried on."""

    candidates: Mapping[str, Candidate]
    features: pd.DataFrame
    labels: pd.Series
    folds: Folds
    scorer: Scorer

    @cached_property
    def trials(self) -> list[tuple[Candidate, dict[str, Any]]]:
        """Each candidate with each set of its parameters, in order."""
        return [
            (candidate, dict(params))
            for candidate in self.candidates.values()
            for params in ParameterGrid(candidate.grid)
        ]

    def jobs(self, candidate: Candidate) -> list[Job]:
        """The trials of a candidate, each on every fold."""
        trials = [place for place, (other, _) in enumerate(self.trials) if other is candidate]
        return [(trial, fold) for trial in trials for fold in range(len(self.folds))]

    def score(self, trial: int, fold: int) -> float:
        """The score of one job, in one thread. Raises what the candidate raises."""
        candidate, params = self.trials[trial]
        pipeline = clone(candidate.pipeline).set_params(**params)
        with threadpool_limits(1):
            scores = cross_val_score(
                pipeline,
                self.features,
                self.labels,
                cv=[self.folds[fold]],
                scoring=self.scorer,
                error_score="raise",
            )
        return float(scores[0])


def search(
    tried: Search, spark: SparkSession | None, progress: Callable[[str], None]
) -> Iterator[Validated]:
    """Each candidate with the best parameters of its grid, in order and as soon as it is known;
    ties go to the earlier parameters.

    ``spark`` is None to run here. ``progress`` is told what begins.
    """
    scores: dict[Job, float] | None = None
    if spark is not None and len(tried.labels) >= PARALLEL_FROM:
        jobs = [job for candidate in tried.candidates.values() for job in tried.jobs(candidate)]
        progress(f"{len(jobs)} fits on Spark's workers")
        scores = _score_on_workers(tried, jobs, spark)
    for candidate in tried.candidates.values():
        if scores is None:
            progress(f"cross-validating {candidate.name}")
        known = scores or {job: tried.score(*job) for job in tried.jobs(candidate)}
        yield _best(tried, candidate, known)


def _best(tried: Search, candidate: Candidate, scores: Mapping[Job, float]) -> Validated:
    of_candidate = [
        _validated(candidate, params, [scores[trial, f] for f in range(len(tried.folds))])
        for trial, (other, params) in enumerate(tried.trials)
        if other is candidate
    ]
    return max(of_candidate, key=lambda validated: validated.mean)


def _validated(candidate: Candidate, params: dict[str, Any], scores: Sequence[float]) -> Validated:
    se = float(np.std(scores, ddof=1)) / math.sqrt(len(scores))
    return Validated(candidate, params, float(np.mean(scores)), se)


def _score_on_workers(tried: Search, jobs: Sequence[Job], spark: SparkSession) -> dict[Job, float]:
    """One partition per job: a long one holds up no other. The data goes out once per executor."""
    listed = list(jobs)

    def fit(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            numbers = [int(number) for number in batch["id"]]
            scores = [tried.score(*listed[number]) for number in numbers]
            yield pd.DataFrame({"id": numbers, "score": scores})

    frame = spark.range(0, len(listed), 1, len(listed))
    rows = frame.mapInPandas(fit, "id bigint, score double").collect()
    return {listed[row["id"]]: row["score"] for row in rows}
