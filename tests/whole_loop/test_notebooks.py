"""The notebooks: Databricks' source format, plain Python, and worth reading on a small shop."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from small_shop import NOTEBOOKS, Loop, Shop

pytestmark = pytest.mark.xdist_group("whole_loop")
by_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
CELL = "\n\n# COMMAND ----------\n\n"


@by_notebook
def test_a_notebook_is_databricks_source_and_python(notebook: Path) -> None:
    text = notebook.read_text()
    first, _, rest = text.partition("\n")
    assert first == "# Databricks notebook source"
    ast.parse(text)
    for cell in rest.replace("\n\n\n", "\n\n").split(CELL):
        is_text = [line.startswith("# MAGIC") for line in cell.strip().splitlines()]
        assert all(is_text) == any(is_text), f"text and code in one cell of {notebook.name}"
        assert not all(is_text) or cell.startswith("# MAGIC %md\n")


def test_notebooks_open_the_lakehouse_alike() -> None:
    opening = [notebook.read_text().split(CELL)[1] for notebook in NOTEBOOKS]
    assert len(NOTEBOOKS) == 4
    assert len(set(opening)) == 1


def test_bronze_and_quality_show_what_was_rescued_quarantined_and_gated(loop: Loop) -> None:
    printed = loop.printed["01_explore_bronze_and_quality"]
    for word in ("bronze.web_events", "malformed", "row_is_well_formed", "token of person", "room"):
        assert word in printed


def test_features_show_what_the_day_could_not_know(loop: Loop) -> None:
    printed = loop.printed["02_features"]
    for word in ("read otherwise today", "recency_days", "revenue_56d", "share"):
        assert word in printed
    assert "of the first 0 read otherwise" not in printed


def test_training_compares_the_candidates(loop: Loop) -> None:
    printed = loop.printed["03_train_and_compare"]
    for word in (
        "retail_churn v1",
        "dummy",
        "linear",
        "test_average_precision",
        "gold.churn_labels",
    ):
        assert word in printed


def test_scoring_shows_the_scores_and_names_the_report(loop: Loop) -> None:
    printed = loop.printed["04_score_and_report"]
    for word in ("retail_churn", "0.0 to 0.1", "gold.churn_report", "index.html"):
        assert word in printed


def test_no_notebook_shows_personal_data(loop: Loop) -> None:
    printed = "\n".join(loop.printed.values())
    assert [value for value in _personal(loop.shop) if value in printed] == []


def _personal(shop: Shop) -> set[str]:
    """Addresses, phones, names and ids of the customers, as they stand in the files."""
    found: set[str] = set()
    for file in (shop.home / "landing" / "customers").rglob("*.json"):
        for line in file.read_text().splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            found |= {str(row.get(name)) for name in ("email", "phone", "full_name", "customer_id")}
    return {value for value in found if len(value) > 5}
