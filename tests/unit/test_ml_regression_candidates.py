"""The standard candidates for a number fit what has a long tail, in any unit, by any metric."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from made_up_training import declared
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from lakehouse.config.model.training import ModelTraining
from lakehouse.ml.artifact import TRUSTED_TYPES
from lakehouse.ml.candidate_checks import check_candidates
from lakehouse.ml.candidates import Candidate, standard
from lakehouse.ml.columns import Columns
from lakehouse.ml.declared_candidates import load_candidates
from lakehouse.ml.fitting import Fitting
from lakehouse.ml.sides import Side
from lakehouse.ml.stages import describe_stages
from lakehouse.ml.tasks.registry import task_of

MEAN, MEDIAN = "neg_root_mean_squared_error", "neg_mean_absolute_error"
COLUMNS = (["spent", "orders"], ["segment"])
GIVEN = """
from lakehouse.ml.candidates import standard

def by_metric(numeric, categorical, task, metric):
    return {f"of_{metric}": standard(numeric, categorical, task)["linear"]}
"""


def rows(count: int = 3_000) -> tuple[pd.DataFrame, pd.Series]:
    """Spend is a share of what was spent before, with a long tail, and a fifth of it is 0."""
    rng = np.random.default_rng(2)
    spent = np.exp(rng.normal(4, 1.5, count))
    returns = rng.random(count) < 0.8
    label = spent * np.exp(rng.normal(-0.5, 0.8, count)) * returns
    features = pd.DataFrame(
        {
            "spent": pd.Series(spent).mask(rng.random(count) < 0.05),
            "orders": rng.poisson(3, count).astype(float),
            "segment": rng.choice(["a", "b"], count),
        }
    )
    return features, pd.Series(label)


def fitted(candidate: Candidate, features: pd.DataFrame, labels: pd.Series) -> Pipeline:
    last = {name: values[-1] for name, values in candidate.grid.items()}
    with threadpool_limits(1):
        return candidate.pipeline.set_params(**last).fit(features, labels)


@pytest.mark.parametrize("name", ["linear", "boosted"])
def test_absolute_errors_are_fitted_by_absolute_errors(name: str) -> None:
    features, labels = rows()
    errors = {
        metric: np.abs(
            fitted(standard(*COLUMNS, "regression", metric)[name], features, labels).predict(
                features
            )
            - labels
        ).mean()
        for metric in (MEAN, MEDIAN)
    }
    constant = np.abs(labels - labels.median()).mean()
    assert errors[MEDIAN] < errors[MEAN]
    assert errors[MEDIAN] < 0.95 * constant


@pytest.mark.parametrize("metric", [MEAN, MEDIAN])
@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_the_unit_of_the_label_does_not_matter(metric: str, unit: float) -> None:
    features, labels = rows()
    plain, other = (
        fitted(
            standard(*COLUMNS, "regression", metric)["linear"], features, labels * scale
        ).predict(features)
        / scale
        for scale in (1, unit)
    )
    assert np.abs(plain - other).max() < 1e-3 * plain.std()


@pytest.mark.parametrize("metric", [MEAN, MEDIAN])
def test_a_linear_model_follows_what_is_proportional_into_the_tail(metric: str) -> None:
    features, _ = rows()
    model = fitted(
        standard(*COLUMNS, "regression", metric)["linear"],
        features,
        features["spent"].fillna(0) * 0.5,
    )
    tail = features.assign(spent=features["spent"].max() * 2)
    assert model.predict(tail) == pytest.approx(tail["spent"] * 0.5, rel=0.2)


@pytest.mark.parametrize("metric", [MEAN, MEDIAN])
def test_they_hold_trusted_types_only(metric: str) -> None:
    features, labels = rows(300)
    for candidate in standard(*COLUMNS, "regression", metric).values():
        data = skops.io.dumps(fitted(candidate, features, labels))
        assert set(skops.io.get_untrusted_types(data=data)) <= set(TRUSTED_TYPES)


def test_a_function_of_your_own_is_given_the_metric(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(GIVEN)
    file = tmp_path / "model.yml"
    found = load_candidates(
        "own.py:by_metric", Columns(("spent",), ()), file=file, task="regression", metric=MEDIAN
    )
    assert list(found) == ["dummy", f"of_{MEDIAN}"]


@pytest.mark.parametrize("metric", [MEAN, MEDIAN])
@pytest.mark.parametrize(
    "stages", [{}, {"select_features": {"max": 2}}, {"pca": {"variance": 0.9}}], ids=str
)
def test_they_can_be_weighted_and_have_stages(metric: str, stages: dict[str, Any]) -> None:
    features, labels = rows(600)
    training = {"max_rows": 100, **stages}
    candidates = standard(*COLUMNS, "regression", metric)
    check_candidates(candidates, declared(training, task="regression", metric=metric))
    fitting = Fitting(task_of("regression"), ModelTraining.model_validate(training))
    given = Side(features, labels, pd.Series(range(600)))
    heavier = given._replace(weights=np.where(labels > labels.median(), 9.0, 1.0))
    for candidate in candidates.values():
        params = {name: values[-1] for name, values in candidate.grid.items()}
        with threadpool_limits(1):
            plain, weighted = (fitting.fit(candidate, params, some) for some in (given, heavier))
        found = weighted.predict(features)
        assert np.isfinite(found).all()
        assert np.abs(found - plain.predict(features)).max() > 1
        if "select_features" in stages:
            described = describe_stages(weighted, ["spent", "orders", "segment"])
            assert "spent" in described["features"]
