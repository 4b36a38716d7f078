"""The notebooks are Databricks' source format and plain Python; ``test_retail.py`` runs them."""

from __future__ import annotations

import ast
import re
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


@by_notebook
def test_a_notebook_uses_the_public_interface_only(notebook: Path) -> None:
    tree = ast.parse(notebook.read_text())
    nodes = list(ast.walk(tree))
    modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert {name for name in modules if name.startswith("lakehouse")} == {"lakehouse"}
    assert {name for name in attributes if name.startswith("_") or name == "context"} == set()


@by_notebook
def test_a_notebook_shows_figures_of_the_report(notebook: Path) -> None:
    assert re.search(r"show\(lake\.(figure|model_card)\(", notebook.read_text())
