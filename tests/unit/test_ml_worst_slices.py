"""The worst slices are found where some are planted, and hardly ever where none are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from lakehouse.ml.slices.compare import Losses, holm
from lakehouse.ml.slices.levels import SliceColumn, slice_column
from lakehouse.ml.slices.mistakes import confident_mistakes
from lakehouse.ml.slices.worst import WorstSlices, worst_slices
from lakehouse.ml.tasks.registry import task_of

CUSTOMERS = 600
NAMES = ["orders", "region", "spent", "visits"]


def features(rng: np.random.Generator) -> pd.DataFrame:
    """Two rows per customer."""
    size = 2 * CUSTOMERS
    return pd.DataFrame(
        {
            "customer_id": np.repeat([f"c{number:04d}" for number in range(CUSTOMERS)], 2),
            "orders": rng.poisson(4, size).astype(float),
            "region": np.repeat(rng.choice(["east", "north", "west"], CUSTOMERS), 2),
            "spent": rng.gamma(2, 10, size),
            "visits": rng.normal(size=size),
        }
    )


def columns(rows: pd.DataFrame) -> list[SliceColumn]:
    return [
        slice_column(rows, name, most=4, entity="customer_id", where="model.yml") for name in NAMES
    ]


def searched(rows: pd.DataFrame, losses: np.ndarray, **more: Any) -> WorstSlices:
    return worst_slices(rows, losses, rows["customer_id"], columns(rows), **more)


def noise(rng: np.random.Generator) -> np.ndarray:
    """Skewed losses, of which those of a customer agree in part."""
    by_customer = np.repeat(rng.gamma(1, 0.1, CUSTOMERS), 2)
    return by_customer + rng.gamma(1, 0.1, 2 * CUSTOMERS)


def test_a_planted_slice_of_one_column_is_found() -> None:
    rng = np.random.default_rng(1)
    rows = features(rng)
    losses = noise(rng) + 0.15 * (rows["region"] == "north")
    (found,) = searched(rows, losses.to_numpy()).confirmed
    assert found.name == "region: north"
    assert found.gap.low < 0.15 < found.gap.high
    assert found.p < 0.001


def test_a_planted_pair_is_found_and_is_worse_than_its_parts() -> None:
    rng = np.random.default_rng(2)
    rows = features(rng)
    is_bad = (rows["region"] == "north") & (rows["visits"] > 0.6)
    worst = searched(rows, (noise(rng) + 0.5 * is_bad).to_numpy())
    first = dict(worst.confirmed[0].conditions)
    assert first["region"] == "north"
    assert first["visits"].startswith("> 0.")
    assert len(first) == 2


def test_figures_are_those_of_customers_that_the_search_did_not_see() -> None:
    rng = np.random.default_rng(1)
    rows = features(rng)
    losses = (noise(rng) + 0.15 * (rows["region"] == "north")).to_numpy()
    (found,) = searched(rows, losses).confirmed
    inside = rows["region"] == "north"
    assert 0.3 < found.customers / rows[inside]["customer_id"].nunique() < 0.7
    assert found.rows == 2 * found.customers
    assert found.loss != pytest.approx(losses[inside].mean(), abs=1e-6)


@pytest.mark.parametrize(
    ("number", "most"), [(100, 12), pytest.param(1000, 70, marks=pytest.mark.soak)]
)
def test_without_a_bad_slice_one_is_found_as_rarely_as_it_says(number: int, most: int) -> None:
    """At 5 % more than ``most`` finds have a probability of 0.2 %. Without a confirmation, the
    search would have found something in most draws."""
    finds = proposed = 0
    for seed in range(number):
        rng = np.random.default_rng(seed)
        rows = features(rng)
        worst = searched(rows, noise(rng))
        assert worst.searched > 80
        proposed += worst.proposed
        finds += bool(worst.confirmed)
    print(f"something was found in {finds} of {number} draws, of {proposed} proposed slices")
    assert proposed > number
    assert finds <= most


def test_a_slice_that_the_model_knows_to_be_hard_has_no_excess() -> None:
    rng = np.random.default_rng(3)
    rows = features(rng)
    is_hard = (rows["region"] == "north").to_numpy()
    truth = np.where(is_hard, 0.5, 0.05)
    labels = pd.Series((rng.random(len(rows)) < truth).astype(int))
    task = task_of("binary")
    for scores, knows in ((truth, True), (np.full(len(rows), 0.05), False)):
        (found,) = searched(
            rows, task.row_losses(labels, scores), expected=task.expected_losses(scores)
        ).confirmed
        assert found.name == "region: north"
        assert found.excess is not None
        assert (found.excess.low <= 0 <= found.excess.high) is knows


def test_few_customers_give_no_slice() -> None:
    rng = np.random.default_rng(1)
    rows, losses = features(rng).head(70), noise(rng)[:70]
    assert searched(rows, losses) == WorstSlices()


def test_holm_multiplies_by_what_is_left() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


def test_rows_of_a_customer_count_once() -> None:
    rng = np.random.default_rng(5)
    losses, people = rng.random(200), np.arange(200).astype(str)
    mask = np.arange(200) < 80
    once = Losses(losses, people).compare(mask)
    tiled = Losses(np.tile(losses, 10), np.tile(people, 10)).compare(np.tile(mask, 10))
    assert once is not None
    assert tiled is not None
    assert tiled.se == pytest.approx(once.se)
    assert tiled.customers == once.customers == 80


TOKENS = pd.Series([f"k0a1b2c3d_{number:040x}" for number in range(40)])
DAYS = pd.Series(pd.to_datetime(["2026-01-01"] * 40).date)


def test_the_most_confident_mistakes_come_first_one_per_entity() -> None:
    labels = pd.Series([1, 0] * 20)
    scores = np.linspace(0.01, 0.99, 40)
    people = TOKENS.where(TOKENS.index != 2, TOKENS[0])  # rows 0 and 2 are of one person
    found = confident_mistakes(task_of("binary").mistakes(labels, scores), people, DAYS)
    missed = [one for one in found if one["kind"] == "missed"]
    alarms = [one for one in found if one["kind"] == "false alarm"]
    assert [len(missed), len(alarms)] == [10, 10]
    assert [one["entity"] for one in missed[:2]] == [TOKENS[0], TOKENS[4]]
    assert alarms[0] == {
        "kind": "false alarm",
        "entity": TOKENS[39],
        "as_of": "2026-01-01",
        "label": 0,
        "predicted": 0.99,
        "weight": 0.99,
    }


def test_a_key_that_is_no_token_is_not_written_down() -> None:
    people = pd.Series([f"ann{number}@mail.example" for number in range(40)])
    wrong = task_of("binary").mistakes(pd.Series([1, 0] * 20), np.full(40, 0.5))
    found = confident_mistakes(wrong, people, DAYS)
    assert {one["entity"] for one in found} == {None}
    assert "ann" not in str(found)


def test_wrong_classes_by_confidence_and_errors_by_size() -> None:
    labels = pd.Series(["a", "b", "c"] + ["a"] * 37)
    scores = pd.DataFrame(
        {"a": [0.1] + [0.9] * 39, "b": [0.7] + [0.05] * 39, "c": [0.2] + [0.05] * 39}
    )
    found = confident_mistakes(task_of("multiclass").mistakes(labels, scores), TOKENS, DAYS)
    assert [(one["label"], one["predicted"], one["weight"]) for one in found] == [
        ("b", "a", 0.9),
        ("c", "a", 0.9),
        ("a", "b", 0.7),
    ]
    numbers = pd.Series(np.arange(40.0))
    said = numbers.to_numpy() + np.where(np.arange(40) == 7, 50, -0.5)
    found = confident_mistakes(task_of("regression").mistakes(numbers, said), TOKENS, DAYS)
    assert (found[0]["kind"], found[0]["label"], found[0]["predicted"]) == ("too high", 7.0, 57.0)
    assert {one["kind"] for one in found[1:]} == {"too low"}
