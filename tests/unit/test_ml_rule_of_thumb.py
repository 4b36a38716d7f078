"""The rule of thumb is the table of mean labels, compared beside the other baselines."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.errors import DeclarationError, GateFailed
from lakehouse.ml.columns import Columns
from lakehouse.ml.declared_candidates import load_candidates
from lakehouse.ml.record import Provenance
from lakehouse.ml.registered import Trained
from lakehouse.ml.registry import Tracking, tracking, version_of
from lakehouse.ml.rule_of_thumb import FEWEST_ROWS, cell_means, declared_rule, fit_rule
from lakehouse.ml.run_summary import summarize_run
from lakehouse.ml.sides import Side
from lakehouse.ml.train import train
from lakehouse.reporting.model.card import model_card

METRICS = {"binary": "roc_auc", "multiclass": "neg_log_loss", "regression": "r2"}


def decl(task: str, *, metric: str | None = None, better_than_rule: bool = False) -> ModelDecl:
    fields: dict[str, object] = {
        "model": f"ruled_{task}",
        "description": "What a customer will do",
        "task": task,
        "metric": metric or METRICS[task],
        "entity": "customer_id",
        "label": "gold.labels.label",
        "features": {"table": "gold.features"},
        "split": {"test_days": 7, "test_customers": 0.4, "every": 7},
        "rule_of_thumb": ["recency", "frequency"],
        "gates": {"better_than_rule": better_than_rule, "max_calibration_error": None},
        "scores": {"history": "silver.done", "current": "gold.done"},
        "file": Path("model.yml"),
    }
    return ModelDecl.model_validate(fields)


def side(task: str, rows: int = 5_000) -> Side:
    rng = np.random.default_rng(11)
    recency, frequency = rng.integers(0, 100, rows), rng.geometric(0.4, rows)
    signal = frequency - recency / 25 + rng.normal(size=rows)
    label = {
        "binary": (signal > 0).astype(int),
        "multiclass": np.select([signal < -1, signal < 1], ["low", "middle"], "high"),
        "regression": np.exp(signal),
    }[task]
    features = pd.DataFrame({"frequency": frequency, "recency": recency}, dtype=float)
    return Side(features, pd.Series(label), pd.Series(range(rows)))


def cells(features: pd.DataFrame) -> list[pd.Series]:
    """The quintiles of each column, by pandas; equal borders are one."""
    made = []
    for name in ("recency", "frequency"):
        borders = np.unique(np.quantile(features[name], [0.2, 0.4, 0.6, 0.8]))
        edges = [-np.inf, *borders[borders > features[name].min()], np.inf]
        made.append(pd.cut(features[name], edges, right=False, labels=False))
    return made


def test_a_prediction_is_the_mean_label_of_the_cell() -> None:
    training = side("regression")
    groups = cells(training.features)
    assert training.labels.groupby(groups).size().min() >= FEWEST_ROWS
    means = training.labels.groupby(groups).transform("mean")
    rule = fit_rule(cell_means(decl("regression")), training)
    np.testing.assert_allclose(rule.predict(training.features), means)


def test_a_probability_is_the_rate_of_the_cell() -> None:
    training = side("binary")
    rates = training.labels.groupby(cells(training.features)).transform("mean")
    rule = fit_rule(cell_means(decl("binary")), training)
    np.testing.assert_allclose(rule.predict_proba(training.features)[:, 1], rates)


def test_each_class_has_its_share_of_the_cell() -> None:
    training = side("multiclass")
    shares = pd.get_dummies(training.labels).groupby(cells(training.features)).transform("mean")
    rule = fit_rule(cell_means(decl("multiclass")), training)
    np.testing.assert_allclose(rule.predict_proba(training.features), shares[rule.classes_])


def test_where_absolute_errors_count_it_is_the_median_of_the_cell() -> None:
    training = side("regression")
    medians = training.labels.groupby(cells(training.features)).transform("median")
    model = decl("regression", metric="neg_mean_absolute_error")
    rule = fit_rule(cell_means(model), training)
    np.testing.assert_allclose(rule.predict(training.features), medians)


def test_means_of_sampled_rows_are_weighted() -> None:
    training = side("binary")
    weights = np.where(training.labels == 1, 1.0, 4.0)
    sums = pd.DataFrame({"hits": training.labels * weights, "all": weights})
    totals = sums.groupby(cells(training.features)).transform("sum")
    rule = fit_rule(cell_means(decl("binary")), training._replace(weights=weights))
    found = rule.predict_proba(training.features)[:, 1]
    np.testing.assert_allclose(found, totals["hits"] / totals["all"])


def test_small_cells_are_merged_with_a_neighbour() -> None:
    rows = 60
    features = pd.DataFrame({"recency": np.arange(rows), "frequency": np.arange(rows)}, dtype=float)
    training = Side(features, pd.Series(np.arange(rows, dtype=float)), pd.Series(range(rows)))
    predicted = fit_rule(cell_means(decl("regression")), training).predict(features)
    assert pd.Series(predicted).value_counts().min() >= FEWEST_ROWS


def test_null_is_a_group_of_its_own() -> None:
    training = side("regression")
    unknown = np.arange(len(training.labels)) % 10 == 0
    features = training.features.assign(
        recency=training.features["recency"].mask(unknown), frequency=1.0
    )
    labels = training.labels.where(~unknown, -1.0)
    rule = fit_rule(cell_means(decl("regression")), Side(features, labels, training.customers))
    predicted = rule.predict(features)
    np.testing.assert_allclose(predicted[unknown], -1.0)
    assert predicted[~unknown].min() > 0


def test_equal_borders_are_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_rule(cell_means(decl("binary")), side("binary"))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (Columns(("recency",), ("frequency",)), "'frequency' of the rule of thumb is a string"),
        (Columns(("recency",), ()), "'frequency' of the rule of thumb is not a feature of this"),
    ],
)
def test_a_column_that_is_no_number_is_refused(columns: Columns, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        declared_rule(decl("binary"), columns)


def test_no_candidate_has_its_name(tmp_path: Path) -> None:
    file = tmp_path / "model.yml"
    file.write_text("model: churn\ncandidates: x\n")
    (tmp_path / "mine.py").write_text(
        "from lakehouse.ml.candidates import dummy\n\n"
        "def candidates(numeric, categorical):\n    return {'rule_of_thumb': dummy()}\n"
    )
    with pytest.raises(DeclarationError, match="is the name of a baseline"):
        load_candidates("mine.py:candidates", Columns(("recency",), ()), file=file)


def frame(task: str, *, beyond_the_rule: bool) -> pd.DataFrame:
    """Rows of 400 customers on four days; ``extra`` says more than recency and frequency do."""
    rng = np.random.default_rng(3)
    days = [date(2026, 1, 1) + timedelta(7 * week) for week in range(4)]
    rows = 400 * len(days)
    recency, frequency = rng.integers(0, 100, rows), rng.geometric(0.4, rows)
    extra = rng.normal(size=rows)
    signal = np.select([recency < 40], [1.0], -1.0) + np.where(beyond_the_rule, 4 * extra, 0)
    noisy = signal + rng.normal(size=rows)
    label = {
        "binary": noisy > 0,
        "multiclass": np.select([noisy < -1, noisy < 1], ["low", "middle"], "high"),
        "regression": noisy,
    }[task]
    return pd.DataFrame(
        {
            "customer_id": np.repeat([f"c{number:04d}" for number in range(400)], len(days)),
            "as_of": days * 400,
            "recency": recency,
            "frequency": frequency,
            "extra": extra,
            "label": label,
        }
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracking]:
    with tracking(tmp_path_factory.mktemp("mlflow")) as opened:
        yield opened


def trained(model: ModelDecl, rows: pd.DataFrame, store: Tracking) -> Trained:
    origin = Provenance("shop", {"gold.features": 1})
    return train(rows, model, tracking=store, provenance=origin, horizon_days=7, draws=200)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "name"), [("binary", "roc_auc"), ("multiclass", "log_loss"), ("regression", "r2")]
)
def test_a_model_is_compared_with_the_rule_and_the_report_shows_it(
    task: str, name: str, store: Tracking, tmp_path: Path
) -> None:
    result = trained(decl(task, better_than_rule=True), frame(task, beyond_the_rule=True), store)
    assert result.metrics[f"vs_rule_of_thumb_{name}_low"] > 0
    assert result.metrics[f"rule_of_thumb_test_{name}"] != result.metrics[f"test_{name}"]
    assert "rule_of_thumb" not in [row["name"] for row in result.candidates]
    run = summarize_run(version_of(result.name, result.version), folder=tmp_path)
    assert run.params["rule_of_thumb"] == "recency, frequency"
    metric = model_card(run).metrics[0]
    assert "rule of thumb" in [row.label for row in metric.candidates]
    (lead,) = [row for row in metric.leads if row.label == "over rule of thumb"]
    assert lead.low == result.metrics[f"vs_rule_of_thumb_{name}_low"]


@pytest.mark.slow
def test_a_model_that_is_no_better_than_the_rule_fails_a_declared_gate_only(
    store: Tracking,
) -> None:
    rows = frame("binary", beyond_the_rule=False)
    registered = trained(decl("binary"), rows, store)
    assert registered.metrics["vs_rule_of_thumb_roc_auc_low"] <= 0
    with pytest.raises(GateFailed, match="not better than the rule of thumb on the hold-out: roc"):
        trained(decl("binary", better_than_rule=True), rows, store)
