"""The notebooks are Databricks' source format and plain Python; ``test_retail.py`` runs them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from small_shop import NOTEBOOKS

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
