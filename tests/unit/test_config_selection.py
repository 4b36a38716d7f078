"""``--tables``: names, upstream and downstream tables, and changed definitions."""

from __future__ import annotations

from pathlib import Path

import pytest
from declared import GOLD, declare

from lakehouse.config.pipeline import Pipeline, load_pipeline
from lakehouse.config.selection import parse_selectors, select
from lakehouse.errors import UsageError
from lakehouse.steps.execute import select_tables
from lakehouse.steps.registry import run_steps

TABLES = [
    "bronze.sales", "silver.sales", "gold.also", "gold.daily", "gold.features", "gold.labels",
    "silver.predictions", "gold.scores",
]  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> Pipeline:
    """bronze → silver → daily → also, and silver → features → predictions → scores; labels."""
    also = GOLD.replace("gold.daily", "gold.also").replace("silver.sales", "gold.daily")
    conf = declare(tmp_path, gold__also_yml=also, gold__also_sql="-")
    return load_pipeline(conf, "shop")


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("gold.daily", ["gold.daily"]),
        ("+gold.daily", ["bronze.sales", "silver.sales", "gold.daily"]),
        ("gold.daily+", ["gold.also", "gold.daily"]),
        ("+gold.daily+", ["bronze.sales", "silver.sales", "gold.also", "gold.daily"]),
        ("gold.features+", ["gold.features", "silver.predictions", "gold.scores"]),
        ("bronze.sales+", TABLES),
        ("+gold.scores", ["bronze.sales", "silver.sales", "gold.features", "silver.predictions",
                          "gold.scores"]),
        ("gold.labels, gold.daily+", ["gold.also", "gold.daily", "gold.labels"]),
        ("state:changed", ["gold.daily"]),
        ("state:changed+,gold.labels", ["gold.also", "gold.daily", "gold.labels"]),
        ("+state:changed", ["bronze.sales", "silver.sales", "gold.daily"]),
    ],
)  # fmt: skip
def test_a_selection(shop: Pipeline, text: str, tables: list[str]) -> None:
    assert select(shop, parse_selectors([text]), lambda: ["gold.daily"]) == tables


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gold.dialy+", "--tables: 'shop' has no table 'gold.dialy'; did you mean 'gold.daily'?"),
        ("state:chnaged", "--tables: unknown method 'state:chnaged'; did you mean 'state:changed'"),
        ("++", "--tables: '++' names no table"),
    ],
)
def test_a_selection_that_cannot_be_meant(shop: Pipeline, text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        select(shop, parse_selectors([text]), list)
    assert message in str(caught.value)


def of_step(shop: Pipeline, step: str, text: str, steps: list[str] | None = None) -> list[str]:
    return select_tables(shop, step, steps or run_steps(), parse_selectors([text]), list)


def test_a_step_takes_what_it_refreshes_of_a_selection(shop: Pipeline) -> None:
    assert of_step(shop, "refine", "+gold.daily") == ["silver.sales"]
    assert of_step(shop, "run", "+gold.scores,gold.labels") == [
        "bronze.sales", "silver.sales", "gold.features", "gold.labels", "silver.predictions",
        "gold.scores",
    ]  # fmt: skip
    assert of_step(shop, "run", "+gold.daily+", ["aggregate"]) == ["gold.also", "gold.daily"]
    assert of_step(shop, "preview", "silver.sales") == ["silver.sales"]
    assert of_step(shop, "refine", "state:changed") == []


def test_tables_of_another_step_alone_are_refused_with_their_step(shop: Pipeline) -> None:
    with pytest.raises(UsageError) as caught:
        of_step(shop, "refine", "gold.daily+")
    assert str(caught.value) == (
        "--tables: gold.daily is not refreshed by 'refine' but by 'aggregate'\n"
        "  tables of refine: silver.sales"
    )
    with pytest.raises(UsageError, match="no table is named"):
        of_step(shop, "refine", " , ")
