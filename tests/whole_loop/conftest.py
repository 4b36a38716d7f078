"""A small shop that runs through the whole loop once: by commands, then by the notebooks."""

from __future__ import annotations

import contextlib
import io
import runpy
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession
from small_shop import CUSTOMERS, DAYS, FIRST_DAY, KEY, LAST_DAY, NOTEBOOKS, Loop
from warehouse import ROOT, Warehouse

from lakehouse.demo.generator import generate

# What model.yml's split takes: days to learn from, and, after a gap of 28 days, days to be tested
# on. Days before the last label, both ends in; other days would only cost time.
HORIZON, LAST_LABEL = timedelta(days=28), LAST_DAY - timedelta(days=28)
TAKEN = [
    (LAST_LABEL - timedelta(days=a), LAST_LABEL - timedelta(days=b)) for a, b in ((49, 35), (7, 0))
]


@pytest.fixture(scope="session")
def shop(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Bronze, silver and aggregates of all days; features and labels of the model's days."""
    made = Warehouse(spark, tmp_path_factory.mktemp("whole_loop"))
    generate(made.home / "landing", customers=CUSTOMERS, days=DAYS, start=FIRST_DAY)
    environment = {"PRIVACY_KEY": KEY, "ENV": "test", "CONF_DIR": str(ROOT / "conf")}
    environment |= {name.upper(): place for name, place in made.places().items()}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(f"LAKEHOUSE_{name}", value)
        assert made.run("run", FIRST_DAY, LAST_DAY, "--steps", "ingest,refine,aggregate") == 0
        for first, last in (*TAKEN, (LAST_DAY, LAST_DAY)):
            assert made.run("features", first, last, "--tables", "gold.customer_features") == 0
        for first, last in TAKEN:
            known = first + HORIZON, last + HORIZON
            assert made.run("features", *known, "--tables", "gold.churn_labels") == 0
        yield made


@pytest.fixture(scope="session")
def loop(shop: Warehouse) -> Loop:
    """The shop after every notebook has run, in order: the third trains, the fourth scores."""
    printed: dict[str, str] = {}
    drawn: dict[str, list[str]] = {}
    for notebook in NOTEBOOKS:
        figures = drawn[notebook.stem] = []

        def display(shown: Any, figures: list[str] = figures) -> None:
            """Act like a notebook server: display results with HTML, and print their text."""
            figures.append(shown._repr_html_())
            print(shown.to_string() if hasattr(shown, "to_string") else shown)

        with contextlib.redirect_stdout(io.StringIO()) as out:
            runpy.run_path(str(notebook), {"display": display}, run_name="__main__")
        printed[notebook.stem] = out.getvalue()
    return Loop(shop, printed, drawn)
