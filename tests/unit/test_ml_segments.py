"""Segments of a reference: which there are, and their rows in the bins of all rows."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from pydantic import ValidationError

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.model.features import ModelFeatures
from lakehouse.config.model.monitoring import ModelMonitoring
from lakehouse.config.model.scores import ModelScores
from lakehouse.config.model.split import ModelSplit
from lakehouse.errors import DeclarationError
from lakehouse.ml.columns import Columns
from lakehouse.ml.counts import Counts
from lakehouse.ml.reference import SCORE, Reference, count_rows, make_reference
from lakehouse.ml.segments import add_segments, segment_columns
from lakehouse.monitoring.drift import compare_day, left_out

RNG = np.random.default_rng(3)
PLANS = ["basic"] * 900 + ["pro"] * 400 + ["rare"] * 60 + [None] * 40
ROWS = pd.DataFrame(
    {
        "orders": [*RNG.poisson(2, 900), *RNG.poisson(9, 400), *RNG.poisson(4, 100)],
        "spent": RNG.exponential(size=1400),
        "plan": pd.Series(PLANS, dtype=object),
    }
)
TESTED = pd.DataFrame({"plan": pd.Series(["basic"] * 300 + ["pro"] * 70, dtype=object)})
COLUMNS = Columns(numeric=("orders", "spent"), categorical=("plan",))


def declared(**monitoring: object) -> ModelDecl:
    return ModelDecl(
        model="churn",
        description="Who leaves",
        entity="customer_id",
        label="gold.labels.churned",
        features=ModelFeatures(table="gold.features"),
        split=ModelSplit(test_customers=0.3),
        monitoring=ModelMonitoring(**monitoring),
        scores=ModelScores(history="silver.history", current="gold.scores"),
        file=Path("model.yml"),
    )


@pytest.fixture(scope="module")
def reference() -> Reference:
    people, scores = pd.Series(range(1400)), RNG.random(370)
    whole = make_reference(ROWS[COLUMNS.names], people, COLUMNS, scores)
    return add_segments(whole, ROWS, people, scores, (ROWS[["plan"]], TESTED))


def _of(reference: Reference, name: str, values: npt.ArrayLike) -> Counts:
    return count_rows(reference.features[name], np.asarray(values, dtype=float))


def _counted(reference: Reference, values: npt.ArrayLike) -> Counts:
    return _of(reference, "orders", values)


def test_levels_of_many_rows_are_segments(reference: Reference) -> None:
    assert list(reference.segments) == ["plan=basic", "plan=pro"]
    assert reference.by["plan"].levels == ("basic", "pro")


def test_a_segment_has_its_own_rows_in_the_bins_of_all(reference: Reference) -> None:
    columns = reference.columns_of("plan=pro")
    edges = [-np.inf, *reference.features["orders"].bins.edges, np.inf]  # type: ignore[union-attr]
    inside = ROWS.loc[ROWS["plan"] == "pro", "orders"]
    by_hand = pd.cut(inside, edges).value_counts(sort=False).tolist()
    assert list(columns["orders"].counts.bins) == by_hand
    assert columns["orders"].bins == reference.features["orders"].bins


def test_what_cannot_be_compared_within_a_segment_is_left_out(reference: Reference) -> None:
    assert list(reference.columns_of("plan=basic")) == ["orders", "spent", SCORE]
    assert list(reference.columns_of("plan=pro")) == ["orders", "spent"]  # 70 rows of the hold-out


def test_the_file_keeps_the_segments(reference: Reference) -> None:
    assert Reference.from_json(reference.to_json()) == reference
    alone = Reference(reference.features, reference.score)
    assert "segments" not in alone.to_json()
    assert Reference.from_json(alone.to_json()) == alone


def test_another_mix_of_segments_is_no_drift_within_them(reference: Reference) -> None:
    day = {
        None: {"orders": _counted(reference, [*RNG.poisson(2, 300), *RNG.poisson(9, 700)])},
        "plan=basic": {"orders": _counted(reference, RNG.poisson(2, 300))},
        "plan=pro": {"orders": _counted(reference, RNG.poisson(9, 700))},
    }
    drifts = compare_day(reference, day, ModelMonitoring())
    levels = {one.segment: one.level for one in drifts}
    assert levels == {None: "alarm", "plan=basic": "ok", "plan=pro": "ok"}


def test_drift_within_a_segment_is_found_where_all_rows_hide_it(reference: Reference) -> None:
    day = {
        None: {"spent": _of(reference, "spent", RNG.exponential(size=1300))},
        "plan=basic": {"spent": _of(reference, "spent", RNG.exponential(size=1150))},
        "plan=pro": {"spent": _of(reference, "spent", RNG.exponential(size=150) + 0.7)},
    }
    drifts = compare_day(reference, day, ModelMonitoring())
    levels = {one.segment: one.level for one in drifts}
    assert levels == {None: "ok", "plan=basic": "ok", "plan=pro": "alarm"}


def test_a_small_segment_is_left_out_of_the_day(reference: Reference) -> None:
    day = {
        None: {"orders": _counted(reference, RNG.poisson(2, 1000))},
        "plan=pro": {"orders": _counted(reference, RNG.poisson(30, 99))},
    }
    assert [one.segment for one in compare_day(reference, day, ModelMonitoring())] == [None]
    assert left_out(reference, day) == ["plan=basic", "plan=pro"]


@pytest.mark.parametrize(
    ("by", "words"),
    [("planned", "no column 'planned'"), ("orders", "'orders' is not text (integer)")],
)
def test_a_column_that_divides_into_no_segments_is_named(by: str, words: str) -> None:
    with pytest.raises(DeclarationError, match=re.escape(words)):
        segment_columns(ROWS, declared(by=[by]))
    assert list(segment_columns(ROWS, declared(by=["plan"]))) == ["plan"]


def test_by_is_a_list_of_columns() -> None:
    with pytest.raises(ValidationError, match="by"):
        declared(by=["not a column"])
