"""The whole loop of ``retail`` on small data: notebooks, model, scores and report.

One file, so that one worker goes the way once.
"""

from __future__ import annotations

import json
import re
import runpy
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from deltalake import DeltaTable
from small_shop import LAST_DAY, Loop
from warehouse import ROOT, Warehouse

pytestmark = pytest.mark.end_to_end
HISTORY, CURRENT, REPORT = "silver.churn_predictions", "gold.churn_scores", "gold.churn_report"
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def metrics(loop: Loop) -> dict[str, float]:
    """The hold-out metrics of the champion in MLflow."""
    from mlflow import MlflowClient

    store = f"sqlite:///{loop.shop.home}/mlflow/mlflow.db"
    client = MlflowClient(store, store)
    champion = client.get_model_version_by_alias("retail_churn", "champion")
    found: dict[str, float] = client.get_run(champion.run_id).data.metrics
    return found


def test_the_model_beats_the_dummy_on_customers_and_days_it_has_not_seen(
    metrics: dict[str, float],
) -> None:
    assert metrics["vs_dummy_roc_auc_low"] > 0
    assert metrics["vs_dummy_average_precision_low"] > 0


def test_a_perfect_score_would_be_a_leak(metrics: dict[str, float]) -> None:
    assert metrics["test_roc_auc"] < 0.97


def test_the_history_has_one_row_per_customer_day_and_version(loop: Loop) -> None:
    keys = loop.shop.rows(HISTORY, "customer_id", "as_of", "model_name", "model_version")
    assert max(Counter(keys).values()) == 1
    assert {key[1:] for key in keys} == {(LAST_DAY, "retail_churn", 1)}


def test_everybody_with_features_has_a_current_score(loop: Loop) -> None:
    features = loop.shop.table("gold.customer_features").where(f"as_of = '{LAST_DAY}'")
    columns = ("customer_id", "segment", "revenue_56d")
    expected = sorted(map(tuple, features.select(*columns).collect()))
    assert loop.shop.rows(CURRENT, *columns) == expected
    assert loop.shop.table(CURRENT).where("probability BETWEEN 0 AND 1").count() == len(expected)


def test_scoring_again_changes_nothing(loop: Loop) -> None:
    before = _scored(loop.shop)
    assert loop.shop.run("score", LAST_DAY, LAST_DAY) == 0
    assert _scored(loop.shop) == before


def _scored(shop: Warehouse) -> list[object]:
    tables = [shop.rows(name) for name in (HISTORY, CURRENT, REPORT)]
    return [*tables, *(_versions(shop, name) for name in (HISTORY, CURRENT, REPORT))]


def _versions(shop: Warehouse, name: str) -> int:
    from delta import DeltaTable

    path = shop.home / "warehouse" / name.replace(".", "/")
    return DeltaTable.forPath(shop.spark, str(path)).history().count()


def test_the_churn_report_adds_up_to_the_scores(loop: Loop) -> None:
    scores = loop.shop.rows(CURRENT, "probability", "revenue_56d")
    report = loop.shop.table(REPORT).collect()
    lost = sum(Decimal(str(chance)) * revenue / 2 for chance, revenue in scores)
    rounding = CENT * len(report)  # at most half a cent a group, twice for the probabilities
    assert sum(row["customers"] for row in report) == len(scores)
    assert (
        abs(sum(row["revenue_28d"] for row in report) - sum(r / 2 for _, r in scores)) <= rounding
    )
    assert abs(sum(row["expected_loss"] for row in report) - lost) <= rounding


def test_the_report_needs_no_network_and_shows_no_person(loop: Loop) -> None:
    page = (loop.shop.home / "reports" / "index.html").read_text()
    place = r"""["']?(?:https?:)?//"""
    loads = rf"(?:src|href|srcset|action)\s*=\s*{place}|url\(\s*{place}|@import"
    assert re.search(loads, page) is None
    assert "retail_churn" in page
    assert "@mail.example" not in page


def test_bronze_and_quality_show_what_was_rescued_quarantined_and_gated(loop: Loop) -> None:
    printed = loop.printed["01_explore_bronze_and_quality"]
    for word in ("bronze.web_events", "malformed", "row_is_well_formed", "token of person", "room"):
        assert word in printed


def test_the_notebook_shows_changes_that_were_not_known_on_the_day(loop: Loop) -> None:
    printed = loop.printed["02_features"]
    for word in ("were changed later", "recency_days", "revenue_56d", "share"):
        assert word in printed
    assert "\n0 of the former were changed" not in printed


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
    for word in ("retail_churn", "gold.churn_report", "index.html"):
        assert word in printed


FIGURES = {
    "01_explore_bronze_and_quality": ['id="runs"', 'id="quarantine"'],
    "02_features": ['id="gold"', 'id="gold.weekly_store_sales"'],
    "03_train_and_compare": ['id="model"'],
    "04_score_and_report": ['id="scores"', 'id="gold.churn_report"'],
}


@pytest.mark.parametrize("notebook", FIGURES)
def test_a_notebook_draws_figures_of_the_report(loop: Loop, notebook: str) -> None:
    figures = [html for html in loop.drawn[notebook] if "<svg" in html]
    for anchor in FIGURES[notebook]:
        assert any(anchor in html for html in figures), anchor
    assert all(html.count("<svg") == html.count("</svg>") for html in figures)
    assert all('role="img"' in html and "aria-label" in html for html in figures)


def test_no_notebook_shows_personal_data(loop: Loop) -> None:
    printed = "\n".join([*loop.printed.values(), *chain(*loop.drawn.values())])
    assert [value for value in _personal(loop.shop) if value in printed] == []


def _personal(shop: Warehouse) -> set[str]:
    """Addresses, phone numbers, names and ids of customers, as they are in the files."""
    found: set[str] = set()
    for file in (shop.home / "landing" / "customers").rglob("*.json"):
        for line in file.read_text().splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            found |= {str(row.get(name)) for name in ("email", "phone", "full_name", "customer_id")}
    return {value for value in found if len(value) > 5}


def test_every_gold_and_ops_table_reads_the_same_in_polars_and_pandas(loop: Loop) -> None:
    kinds: set[type] = set()
    logs = sorted((loop.shop.home / "warehouse").glob("*/*/_delta_log"))
    names = [f"{log.parents[1].name}.{log.parent.name}" for log in logs]
    public = [name for name in names if name.startswith(("gold.", "ops."))]
    assert {"ops.runs", "ops.files", CURRENT, REPORT} < set(public)
    for name in public:
        path = str(loop.shop.home / "warehouse" / name.replace(".", "/"))
        expected = _values(loop.shop.table(name).toArrow().to_pylist())
        assert _values(pl.read_delta(path).to_dicts()) == expected, name
        pandas = DeltaTable(path).to_pandas()
        assert _values(pandas.to_dict("records")) == expected, name
        kinds |= {type(value) for row in expected for _, value in row}
    assert {Decimal, datetime, date, type(None)} <= kinds


def test_the_examples_for_other_readers_run(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "build" / "dev" / "retail"
    place.mkdir(parents=True)
    (place / "warehouse").symlink_to(loop.shop.home / "warehouse")
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "reading.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, re.S)
    results: dict[str, Any] = {}
    for block in [block for block in blocks if str(place.relative_to(tmp_path)) in block]:
        # Spark does not follow the working folder of Python.
        (tmp_path / "example.py").write_text(block.replace("build/dev/retail", str(place)))
        results |= runpy.run_path("example.py", {"spark": loop.shop.spark})
    assert {"pl", "DeltaTable", "duckdb"} <= set(results)


def _values(rows: Iterable[Mapping[str, Any]]) -> Counter[tuple[tuple[str, Any], ...]]:
    """Rows as a multiset. Readers differ in their own types: pandas has NaN and NaT for NULL."""
    return Counter(
        tuple(sorted((name, _plain(value)) for name, value in row.items())) for row in rows
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tuple(sorted((name, _plain(part)) for name, part in value.items()))
    if hasattr(value, "tolist") and not pd.api.types.is_scalar(value):
        value = value.tolist()
    if isinstance(value, list):
        return tuple(map(_plain, value))
    if pd.isna(value):
        return None
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
