"""Cross-validate the candidates with the parameters of their grids, on Spark's workers where the
data is large enough to be worth it.

A job is one fold of one set of parameters. Jobs have the same groups and give the same scores
wherever they run, so that a search in parallel chooses what a serial one does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import ParameterGrid
from threadpoolctl import threadpool_limits

from lakehouse.ml.candidates import Candidate
from lakehouse.ml.fitting import Fitting, is_dummy
from lakehouse.ml.fold_scores import Fold, score_fold
from lakehouse.ml.halving import Rung, best_third, places_of, rungs
from lakehouse.ml.search_workers import score_on_workers
from lakehouse.ml.select import Folds, Validated
from lakehouse.ml.sides import Side

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from lakehouse.ml.tasks.task import Scorer

PARALLEL_FROM = 20_000
"""The rows from which a search runs on Spark's workers; a smaller one ends before they start."""
TOGETHER = 3
"""The most sets of parameters that share their preparation."""


class Job(NamedTuple):
    """The numbers of a trial and of a fold, and the share of the customers to train on."""

    trial: int
    fold: int
    share: float = 1.0


@dataclass(frozen=True)
class Search:
    """The candidates in their order, what they are tried on, and how they are fitted."""

    candidates: Mapping[str, Candidate]
    rows: Side
    folds: Folds
    scorer: Scorer
    fitting: Fitting

    @cached_property
    def trials(self) -> list[tuple[Candidate, dict[str, Any]]]:
        """Each candidate with each set of its parameters, in order."""
        return [
            (candidate, dict(params))
            for candidate in self.candidates.values()
            for params in ParameterGrid(candidate.grid)
        ]

    def trials_of(self, candidate: Candidate) -> list[int]:
        """The numbers of a candidate's trials."""
        return [place for place, (other, _) in enumerate(self.trials) if other is candidate]

    def jobs(self, trials: Sequence[int], share: float = 1.0) -> list[Job]:
        """The trials, each on every fold."""
        return [Job(trial, fold, share) for trial in trials for fold in range(len(self.folds))]

    @cached_property
    def rungs(self) -> list[Rung]:
        """The parts of the customers on which a halving search begins; none for a full one."""
        if self.fitting.training.search == "grid":
            return []
        most = max(len(self.trials_of(candidate)) for candidate in self.candidates.values())
        is_classification = self.fitting.task.is_classification
        labels, customers = self.rows.labels, self.rows.customers
        return rungs(most, labels, customers, is_classification=is_classification)

    @cached_property
    def _places(self) -> npt.NDArray[np.float64]:
        return places_of(self.rows.customers)

    def together(self, jobs: Sequence[Job]) -> list[list[Job]]:
        """The jobs in groups that share their rows: of one candidate, fold and share, at most
        ``TOGETHER`` in each, so that there are enough groups to work on at once."""
        groups: dict[tuple[str, int, float], list[Job]] = {}
        for job in jobs:
            name = self.trials[job.trial][0].name
            groups.setdefault((name, job.fold, job.share), []).append(job)
        return [
            group[start : start + TOGETHER]
            for group in groups.values()
            for start in range(0, len(group), TOGETHER)
        ]

    def score(self, group: Sequence[Job]) -> list[float]:
        """The scores of jobs that share their rows, in one thread. Raises what the candidate
        raises.

        A job on a share of the customers is validated on the whole fold all the same.
        """
        candidate = self.trials[group[0].trial][0]
        train, test = self.folds[group[0].fold]
        if group[0].share < 1:
            train = train[self._places[train] < group[0].share]
        fold = Fold(self.rows.take(train), self.rows.take(test))
        sets = [self.trials[job.trial][1] for job in group]
        with threadpool_limits(1):
            return list(score_fold(self.fitting, candidate, sets, fold, self.scorer))


Run = Callable[[Sequence[Job]], dict[Job, float]]


def search(
    tried: Search, spark: SparkSession | None, progress: Callable[[str], None]
) -> Iterator[Validated]:
    """Each candidate with the best parameters of its grid, in order and as soon as it is known;
    ties go to the earlier parameters.

    ``spark`` is None to run here. ``progress`` is told what begins.
    """
    if spark is not None and len(tried.rows.labels) >= PARALLEL_FROM:
        run = partial(_score_on_workers, tried, spark, progress)
        yield from _search(tried, list(tried.candidates.values()), run)
        return
    for candidate in tried.candidates.values():
        progress(f"cross-validating {candidate.name}")
        yield from _search(tried, [candidate], partial(_score_here, tried))


def _search(tried: Search, candidates: Sequence[Candidate], run: Run) -> Iterator[Validated]:
    """The candidates at once: their rungs, if there are any, then all customers."""
    trials = {candidate.name: tried.trials_of(candidate) for candidate in candidates}
    for rung in tried.rungs:
        climbing = {name: t for name, t in trials.items() if len(t) >= rung.from_trials}
        jobs = [job for some in climbing.values() for job in tried.jobs(some, rung.share)]
        scores = run(jobs) if jobs else {}
        for name, some in climbing.items():
            means = [_mean(tried, trial, scores, rung.share) for trial in some]
            trials[name] = best_third(some, means)
    scores = run([job for some in trials.values() for job in tried.jobs(some)])
    for candidate in candidates:
        yield _best(tried, candidate, trials[candidate.name], scores)


def _score_here(tried: Search, jobs: Sequence[Job]) -> dict[Job, float]:
    groups = tried.together(jobs)
    scored = (zip(group, tried.score(group), strict=True) for group in groups)
    return {job: score for group in scored for job, score in group}


def _score_on_workers(
    tried: Search, spark: SparkSession, progress: Callable[[str], None], jobs: Sequence[Job]
) -> dict[Job, float]:
    """A dummy is scored here: it takes less time than a task of Spark does to begin."""
    here = [job for job in jobs if is_dummy(tried.trials[job.trial][0].pipeline)]
    there = [job for job in jobs if job not in here]
    progress(f"{len(there)} fits on Spark's workers")
    scores = score_on_workers(tried.score, tried.together(there), spark)
    return _score_here(tried, here) | scores


def _mean(tried: Search, trial: int, scores: Mapping[Job, float], share: float) -> float:
    return float(np.mean([scores[job] for job in tried.jobs([trial], share)]))


def _best(
    tried: Search, candidate: Candidate, trials: Sequence[int], scores: Mapping[Job, float]
) -> Validated:
    validated = []
    for trial in trials:
        known = [scores[job] for job in tried.jobs([trial])]
        se = float(np.std(known, ddof=1)) / math.sqrt(len(known))
        params = tried.trials[trial][1]
        validated.append(Validated(candidate, params, float(np.mean(known)), se))
    return max(validated, key=lambda one: one.mean)
