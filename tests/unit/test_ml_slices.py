"""Slices are measured on the rows of the hold-out, and a slice that is certainly worse fails."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from sklearn.metrics import roc_auc_score

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.model.slices import ModelSlice, ModelSliceGate
from lakehouse.config.tasks import TaskName, recorded_name
from lakehouse.errors import DeclarationError
from lakehouse.ml.gates import failed_gates
from lakehouse.ml.holdout import HoldoutResult
from lakehouse.ml.slices.examine import Examination, measure_slices, metric_of
from lakehouse.ml.slices.gate import slice_faults
from lakehouse.ml.slices.levels import slice_columns
from lakehouse.ml.slices.measure import Measurement, Part, measure
from lakehouse.ml.tasks.registry import task_of

GATE = ModelSliceGate(max_gap=0.1)
AUC = {"metric": "roc_auc"}


def decl(task: TaskName = "binary", **more: Any) -> ModelDecl:
    fields: dict[str, Any] = {
        "model": "late",
        "description": "Who pays late",
        "task": task,
        "entity": "customer_id",
        "label": "gold.labels.label",
        "features": {"table": "gold.features"},
        "split": {"test_customers": 0.4},
        "slices": ["segment"],
        "scores": {"history": "silver.late", "current": "gold.late"},
        "file": Path("model.yml"),
    }
    return ModelDecl.model_validate(fields | more)


def holdout(seed: int, *, bad: bool, customers: int = 400) -> tuple[pd.DataFrame, np.ndarray]:
    """Two rows per customer of three segments; in a ``bad`` one, scores say nothing."""
    rng = np.random.default_rng(seed)
    segment = np.repeat(rng.choice(["big", "new", "old"], customers), 2)
    scores = rng.beta(1, 2, 2 * customers)
    chance = np.where((segment == "new") & bad, 1 / 3, scores)
    rows = pd.DataFrame(
        {
            "customer_id": np.repeat(np.arange(customers), 2),
            "segment": segment,
            "label": (rng.random(2 * customers) < chance).astype(int),
        }
    )
    return rows, scores


def measured(rows: pd.DataFrame, scores: np.ndarray, draws: int = 200) -> Measurement:
    found = measure_slices(rows, rows, scores, decl(), draws=draws)
    assert found is not None
    return found


def test_the_metrics_of_a_slice_are_those_of_its_rows() -> None:
    rows, scores = holdout(1, bad=True)
    found = measured(rows, scores)
    whole = found.whole.metrics["roc_auc"].estimate
    assert whole == pytest.approx(roc_auc_score(rows["label"], scores))
    assert [part.level for part in found.parts] == ["big", "new", "old"]
    for part in found.parts:
        own = (rows["segment"] == part.level).to_numpy()
        auc = part.metrics["roc_auc"]
        assert auc.estimate == pytest.approx(roc_auc_score(rows["label"][own], scores[own]))
        assert auc.low < auc.estimate < auc.high
        assert (part.rows, part.customers) == (own.sum(), own.sum() // 2)
        assert part.mean_score == pytest.approx(scores[own].mean())
        assert part.gaps["roc_auc"].interval.estimate == pytest.approx(whole - auc.estimate)
        assert set(part.metrics) == {"roc_auc", "average_precision", "brier", "log_loss"}


def test_a_gap_is_positive_where_a_loss_is_larger() -> None:
    rows, scores = holdout(1, bad=True)
    gaps = {
        part.level: part.gaps["brier"].interval.estimate for part in measured(rows, scores).parts
    }
    assert gaps["new"] > 0.03
    assert gaps["old"] < 0


def test_the_planted_slice_fails_with_its_name_and_the_others_do_not() -> None:
    faults = slice_faults(measured(*holdout(1, bad=True)), GATE, "roc_auc")
    assert len(faults) == 1
    assert faults[0].startswith("the slice segment: new (1")
    assert "is worse than the whole hold-out: its roc_auc is 0.474 against 0.709" in faults[0]
    assert faults[0].endswith("where at most 0.1 is declared (gates.slices.max_gap)")


def test_a_slice_is_judged_by_its_interval_and_not_by_its_estimate() -> None:
    rows, scores = holdout(1, bad=True)
    few = rows["customer_id"] < 100  # about 33 customers of each segment
    sliced = measured(rows[few], scores[few.to_numpy()])
    new = sliced.parts[1]
    assert new.gaps["roc_auc"].interval.estimate > 0.1
    assert slice_faults(sliced, GATE.model_copy(update={"min_customers": 20}), "roc_auc") == []


def test_slices_of_few_customers_are_not_gated_and_of_very_few_not_shown() -> None:
    rows, scores = holdout(1, bad=True)
    sliced = measured(rows, scores)
    assert slice_faults(sliced, GATE.model_copy(update={"min_customers": 200}), "roc_auc") == []
    rare = rows["customer_id"] < 12
    parts = [Part("a", "rare", rare.to_numpy()), Part("a", "rest", ~rare.to_numpy())]
    task = task_of("binary")
    found = measure({"a": parts}, rows["label"], scores, rows["customer_id"], task=task, draws=20)[
        "a"
    ]
    assert [part.level for part in found.parts] == ["rest"]
    assert found.hidden == 1


@pytest.mark.parametrize(
    ("number", "most"), [(200, 12), pytest.param(1000, 40, marks=pytest.mark.soak)]
)
def test_without_a_bad_slice_the_gate_fails_as_rarely_as_it_says(number: int, most: int) -> None:
    """The true gap is 0, and so nearly is the declared one. At 2.5 % more than ``most`` failures
    have a probability of 0.2 %."""
    strict = ModelSliceGate(max_gap=1e-9)
    failed = sum(
        bool(slice_faults(measured(*holdout(seed, bad=False), draws=100), strict, "roc_auc"))
        for seed in range(number)
    )
    print(f"the gate failed in {failed} of {number} draws")
    assert failed <= most


def test_a_metric_that_a_slice_does_not_have_is_left_out() -> None:
    rows, scores = holdout(1, bad=False)
    rows.loc[rows["segment"] == "new", "label"] = 0
    new = measured(rows, scores).parts[1]
    assert set(new.metrics) == {"brier", "log_loss"}
    assert slice_faults(measured(rows, scores), GATE, "roc_auc") == []


def test_a_slice_without_a_class_has_no_macro_f1() -> None:
    labels = pd.Series(["a", "b", "c"] * 50)
    scores = pd.DataFrame({name: np.where(labels == name, 0.8, 0.1) for name in "abc"})
    parts = [Part("x", "two", (labels != "c").to_numpy()), Part("x", "all", labels.index < 75)]
    task = task_of("multiclass")
    found = measure({"x": parts}, labels, scores, np.arange(150), task=task, draws=20)["x"]
    assert "f1_macro" not in found.parts[0].metrics
    assert found.parts[0].metrics["accuracy"].estimate == 1
    assert found.parts[1].metrics["f1_macro"].estimate == 1


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (pd.Series(["x", "y", None] * 40), ["x", "y", "(missing)"]),
        (pd.Series([True, False, None] * 40), ["false", "true", "(missing)"]),
        (pd.Series([2, 10, None] * 40, dtype="Int64"), ["2", "10", "(missing)"]),
        (pd.Series([Decimal("1.50"), Decimal("2.00"), None] * 40), ["1.5", "2", "(missing)"]),
        (pd.Series(np.arange(120.0)), ["≤ 39", "39 to 79", "> 79"]),
        (pd.Series([*[5] * 60, *range(60)]), ["< 5", "5", "> 5"]),
        (pd.Series(["x"] * 60 + ["y"] * 50 + ["z"] * 10), ["x", "y", "(rare or unseen)"]),
    ],
)
def test_levels_are_values_or_ranges(values: pd.Series, labels: list[str]) -> None:
    training = pd.DataFrame({"customer_id": range(120), "a": values})
    declared = [ModelSlice(column="a", levels=3)]
    (column,) = slice_columns(training, declared, entity="customer_id", where="model.yml")
    assert [label for label, _ in column.slices(training)] == labels


def test_levels_are_those_of_the_training_rows() -> None:
    training = pd.DataFrame({"customer_id": range(100), "a": np.arange(100.0), "b": ["x"] * 100})
    test = pd.DataFrame({"a": [1e9, np.inf, np.nan, -5.0], "b": ["x", "new", None, "x"]})
    a, b = slice_columns(
        training,
        [ModelSlice(column=n, levels=2) for n in "ab"],
        entity="customer_id",
        where="model.yml",
    )
    assert {label: list(np.flatnonzero(mask)) for label, mask in a.slices(test)} == {
        "≤ 49": [3],
        "> 49": [0],
        "(missing)": [2],
    }
    assert {label: list(np.flatnonzero(mask)) for label, mask in b.slices(test)} == {
        "x": [0, 3],
        "(rare or unseen)": [1],
        "(missing)": [2],
    }


def test_a_column_that_cannot_divide_is_a_clear_error() -> None:
    rows, scores = holdout(1, bad=False)
    lacking = rows.drop(columns="segment")
    with pytest.raises(DeclarationError, match="no column 'segment' to divide the hold-out by"):
        measure_slices(lacking, rows, scores, decl(), draws=20)
    dated = rows.assign(segment=date(2026, 1, 1))
    with pytest.raises(DeclarationError, match="cannot be divided by 'segment': a slice is a num"):
        measure_slices(dated, dated, scores, decl(), draws=20)


def test_a_slice_with_larger_errors_of_a_regression_fails() -> None:
    rng = np.random.default_rng(3)
    rows, _ = holdout(3, bad=False)
    rows["label"] = rng.normal(100, 10, len(rows))
    near = np.where(rows["segment"] == "old", 6.0, 1.0)
    said = rows["label"].to_numpy() + near * rng.normal(size=len(rows))
    model = decl("regression", gates={"slices": {"max_gap": 1}})
    found = measure_slices(rows, rows, said, model, draws=200)
    assert found is not None
    (fault,) = slice_faults(found, model.gates.slices, metric_of(model.gates.slices, model))
    assert fault.startswith("the slice segment: old")
    assert "its rmse is 5." in fault or "its rmse is 6." in fault


def test_a_failing_slice_is_a_reason_against_the_model() -> None:
    examined = Examination(slices=measured(*holdout(1, bad=True)))
    off = {"better_than_dummy": False, "max_calibration_error": None}
    result = HoldoutResult("linear", {"linear": {}}, {}, {}, {}, scores=[], examined=examined)
    assert failed_gates(result, decl(gates=off)) == []
    (reason,) = failed_gates(result, decl(gates={**off, "slices": {"max_gap": 0.1}}))
    assert reason.startswith("the slice segment: new")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"slices": [], "gates": {"slices": {"max_gap": 0.1}}}, "there are no slices to gate"),
        ({"gates": {"slices": {"max_gap": 0.1, "metric": "r2"}}}, "'r2' does not fit task: binary"),
        ({"gates": {"slices": {"max_gap": 0}}}, "greater than 0"),
        ({"gates": {"slices": {"max_gap": 0.1, "min_customers": 5}}}, "or equal to 20"),
        ({"slices": ["a", {"column": "a", "levels": 3}]}, "duplicate column 'a'"),
        ({"slices": [{"column": "a", "levels": 1}]}, "greater than or equal to 2"),
    ],
)  # fmt: skip
def test_mistakes_in_the_declaration_are_named(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        decl(**fields)


def test_the_gate_s_metric_is_its_own_or_the_model_s() -> None:
    model = decl(metric="neg_log_loss")
    assert metric_of(GATE, model) == "log_loss"
    assert metric_of(ModelSliceGate(max_gap=1, metric="average_precision"), model) == (
        recorded_name("average_precision", "binary")
    )
