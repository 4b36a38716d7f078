"""Successive halving tries many parameters on few customers, and few parameters on all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up_training import imbalanced
from pyspark.sql import SparkSession

from lakehouse.config.model.training import ModelTraining
from lakehouse.ml import search as module
from lakehouse.ml.candidates import Candidate, dummy, linear
from lakehouse.ml.fitting import Fitting
from lakehouse.ml.fold_scores import Fold, score_fold
from lakehouse.ml.halving import Rung, best_third, places_of, rungs
from lakehouse.ml.search import Job, Search, search
from lakehouse.ml.select import folds_by_customer
from lakehouse.ml.tasks.binary import Binary

GRID = {"model__C": [1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0]}


def halving(rows: int = 4000) -> Search:
    """Nine parameters of a linear model beside a dummy; few of them can be told apart."""
    side = imbalanced(rows, shift=2.0)
    candidates = {
        "dummy": Candidate("dummy", dummy()),
        "linear": Candidate("linear", linear(["a", "b", "size"], ["segment"]), GRID),
    }
    folds = folds_by_customer(side.labels, side.customers)
    fitting = Fitting(Binary(), ModelTraining(search="halving"))
    return Search(candidates, side, folds, "neg_log_loss", fitting)


def jobs_of(tried: Search, monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    jobs: list[Job] = []
    score = Search.score

    def counted(self: Search, group: Sequence[Job]) -> list[float]:
        jobs.extend(group)
        return score(self, group)

    monkeypatch.setattr(Search, "score", counted)
    list(search(tried, None, lambda _: None))
    return jobs


def test_the_customers_of_a_smaller_share_are_part_of_a_larger_one() -> None:
    customers = pd.Series(np.repeat(np.arange(3000), 2))
    places = places_of(customers)
    assert (places[::2] == places[1::2]).all()
    assert (places < 1 / 9).mean() == pytest.approx(1 / 9, abs=0.02)
    assert (places_of(customers[::-1])[::-1] == places).all()


def test_a_third_goes_on_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = halving()
    assert tried.rungs == [Rung(1 / 9, 4), Rung(1 / 3, 2)]
    counts = pd.Series([job.share for job in jobs_of(tried, monkeypatch)]).value_counts()
    # The dummy has nothing to choose. Of the nine on a ninth, three and at last one are left.
    assert counts.to_dict() == {1 / 9: 9 * 5, 1 / 3: 3 * 5, 1.0: 5 + 5}


def test_the_best_parameters_are_found() -> None:
    tried = halving()
    whole = Search(tried.candidates, tried.rows, tried.folds, tried.scorer, Fitting(Binary()))
    found, best = (
        {v.name: v for v in search(some, None, lambda _: None)} for some in (tried, whole)
    )
    assert found["linear"].mean >= best["linear"].mean - best["linear"].se / 10
    assert found["dummy"] == best["dummy"]


def test_a_job_on_a_share_trains_on_its_customers_and_validates_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = halving(1000)
    sizes: list[int] = []

    def measured(_: Fitting, __: Candidate, sets: Any, fold: Fold, scorer: Any) -> Iterator[float]:
        assert (places_of(fold.train.customers) < 1 / 3).all()
        assert len(fold.train.labels) < len(tried.folds[0][0]) / 2
        sizes.append(len(fold.test.labels))
        return score_fold(_, __, sets, fold, scorer)

    monkeypatch.setattr(module, "score_fold", measured)
    (score,) = tried.score([Job(3, 0, 1 / 3)])
    assert np.isfinite(score)
    assert sizes == [len(tried.folds[0][1])]


def test_few_customers_are_searched_in_full() -> None:
    side = imbalanced(600)
    assert rungs(9, side.labels, side.customers, is_classification=True) == []
    numbers = side.features["a"]
    assert rungs(9, numbers, side.customers, is_classification=False) == [Rung(1 / 3, 2)]


@pytest.mark.parametrize(
    ("trials", "shares"), [(1, []), (2, [1 / 3]), (3, [1 / 3]), (4, [1 / 9, 1 / 3])]
)
def test_a_small_grid_has_few_rungs(trials: int, shares: list[float]) -> None:
    side = imbalanced(20_000)
    known = rungs(trials, side.labels, side.customers, is_classification=True)
    assert [rung.share for rung in known] == shares


def test_of_equal_parameters_the_earlier_go_on() -> None:
    assert best_third([4, 5, 6, 7], [0.5, 0.5, 0.7, 0.5]) == [4, 6]


def test_workers_choose_as_this_process_does(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = halving()
    here = list(search(tried, None, lambda _: None))
    told: list[str] = []
    monkeypatch.setattr(module, "PARALLEL_FROM", 1)
    there = list(search(tried, spark, told.append))
    assert told == [f"{fits} fits on Spark's workers" for fits in (45, 15, 5)]
    assert [(v.name, v.params, v.mean, v.se) for v in here] == [
        (v.name, v.params, v.mean, v.se) for v in there
    ]
