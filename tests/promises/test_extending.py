"""The package of docs/extending.md, installed as it is shown there, in a pipeline."""

from __future__ import annotations

import re
import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shop as s
from distribution import distribution, installed
from pyspark.sql import SparkSession
from till import DAILY, MON, TUE, WED, Till, by_table, command, read, rows, run
from tiny import Tiny

from lakehouse.errors import UsageError
from lakehouse.ml.artifact import untrusted_types
from lakehouse.ml.columns import Columns
from lakehouse.ml.declared_candidates import load_candidates

PAGE = (s.ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)```", PAGE, re.S))
REFINED = "SELECT id, card, day, amount FROM bronze.sales"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package of the page, installed."""
    folder = tmp_path_factory.mktemp("site-packages")
    points = tomllib.loads(FILES["pyproject.toml"])["project"]["entry-points"]
    modules = {path: text for path, text in FILES.items() if path.startswith("acme/")}
    distribution(folder, points, {"acme/__init__.py": "", **modules})
    with installed(folder):
        yield folder


@pytest.fixture
def till(package: Path, privacy_key: str, tmp_path: Path) -> Till:
    """The declarations of the page, with silver and gold on top, and an empty table of sales."""
    shop = Till(tmp_path / "home")
    shop.declare("bronze/sales.yml", FILES["shop/bronze/sales.yml"])
    shop.silver("sales", REFINED, "write: append\nkeys: [id]\nexpectations: silver.sales")
    shop.gold("daily", DAILY, "write: replace_keys\nkeys: [day]")
    policy = (shop.conf / "privacy.yml").read_text()
    of_the_page = FILES["privacy.yml"].replace("none: keep\n", "")
    s.written(shop.conf / "privacy.yml", f"{policy}\n{of_the_page}")
    suite = FILES["silver.sales.json"]
    s.written(shop.home / "expectations" / "tiny" / "silver.sales.json", suite)
    ask(shop, "CREATE TABLE sales (id INTEGER PRIMARY KEY, card TEXT, day TEXT, amount TEXT)")
    return shop


def ask(till: Tiny, statement: str) -> None:
    with closing(sqlite3.connect(till.landing / "shop.db")) as database, database:
        database.execute(statement)


def sell(till: Tiny, number: int, day: str, amount: str = "1.00") -> None:
    card = f"4571 0000 0000 {number:04}"
    ask(till, f"INSERT INTO sales VALUES ({number}, '{card}', '{day}', '{amount}')")


def test_the_package_of_the_documents_runs(till: Till, spark: SparkSession) -> None:
    for number, amount in ((1, "1.00"), (2, "2.50"), (3, "0.125"), (4, "much")):
        sell(till, number, MON, amount)
    outcomes = by_table(run(till, spark, MON))
    assert outcomes["bronze.sales"].rows_written == 4
    assert outcomes["bronze.sales"].rows_rescued == 1
    assert rows(till, spark, "silver.sales", "id", "card", "amount") == [
        ("1", "0001", "1.0000"),
        ("2", "0002", "2.5000"),
    ]
    rejected = rows(till, spark, "quarantine.silver_sales", "id", "card", "_failed_rules")
    assert rejected == [
        ("3", "0003", "['amount_is_in_cents']"),
        ("4", "0004", "['row_is_well_formed', 'amount_is_in_cents']"),
    ]
    assert rows(till, spark, "gold.daily") == [(MON, "2", "3.5000")]


def test_new_rows_are_read_once_and_none_is_left_out(till: Till, spark: SparkSession) -> None:
    sell(till, 1, MON)
    sell(till, 2, MON)
    run(till, spark, MON)
    again = by_table(run(till, spark, MON))
    assert {table: outcome.status for table, outcome in again.items()} == dict.fromkeys(
        ("bronze.sales", "silver.sales", "gold.daily"), "skipped"
    )
    sell(till, 3, MON)
    sell(till, 4, TUE, "7.00")
    outcomes = by_table(run(till, spark, TUE))
    assert [outcomes[name].rows_written for name in ("bronze.sales", "silver.sales")] == [2, 2]
    assert rows(till, spark, "gold.daily") == [(MON, "3", "3.0000"), (TUE, "1", "7.0000")]
    origin = rows(till, spark, "bronze.sales", "id", "_source_file", "_known_date")
    assert origin == [
        ("1", "sqlite@2", MON), ("2", "sqlite@2", MON),
        ("3", "sqlite@4", TUE), ("4", "sqlite@4", TUE),
    ]  # fmt: skip


def test_after_a_restore_the_rows_that_it_undid_are_read_again(
    till: Till, spark: SparkSession
) -> None:
    sell(till, 1, MON)
    run(till, spark, MON, steps=("ingest",))
    sell(till, 2, TUE)
    run(till, spark, TUE, steps=("ingest",))
    path = till.home / "shop" / "warehouse" / "bronze" / "sales"
    spark.sql(f"RESTORE TABLE delta.`{path}` TO VERSION AS OF 0")
    sell(till, 3, WED)
    run(till, spark, WED, steps=("ingest",))
    assert rows(till, spark, "bronze.sales", "id") == [("1",), ("2",), ("3",)]


def test_a_full_refresh_keeps_rows_that_the_source_has_no_more(
    till: Till, spark: SparkSession
) -> None:
    sell(till, 1, MON, "much")
    sell(till, 2, MON)
    run(till, spark, MON, steps=("ingest",))
    ask(till, "DELETE FROM sales WHERE id = 1")
    sell(till, 3, TUE)
    declared = FILES["shop/bronze/sales.yml"]
    till.declare("bronze/sales.yml", declared.replace('"decimal(12,4)"', "string"))
    assert command(till, spark, "ingest", "--date", TUE) == 2  # another type is refused
    assert command(till, spark, "ingest", "--date", TUE, "--full-refresh") == 0
    assert rows(till, spark, "bronze.sales", "id", "amount", "_known_date", "_rescued_data") == [
        ("1", "much", MON, None),
        ("2", "1.0000", MON, None),
        ("3", "1.00", TUE, None),
    ]


def test_rows_without_a_recorded_position_are_not_loaded_again(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    sell(till, 1, MON)
    run(till, spark, MON, steps=("ingest",))
    path = till.home / "shop" / "warehouse" / "bronze" / "sales"
    stored = read(till, spark, "bronze.sales").localCheckpoint()
    stored.write.format("delta").mode("overwrite").save(str(path))
    sell(till, 2, TUE)
    assert command(till, spark, "ingest", "--date", TUE) == UsageError.exit_code
    said = capsys.readouterr()
    assert "no commit says how far its source was read" in said.out + said.err
    assert rows(till, spark, "bronze.sales", "id") == [("1",)]


def test_a_plan_asks_the_source_and_writes_nothing(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    sell(till, 1, MON)
    assert command(till, spark, "plan", "--date", MON, "--tables", "bronze.sales") == 0
    assert "computes new rows of its source" in capsys.readouterr().out
    assert not till.shop(spark).exists("bronze.sales")


@pytest.mark.slow
def test_the_candidates_of_the_package_learn(package: Path) -> None:
    columns = Columns(("orders",), ("segment",))
    candidates = load_candidates("bagged", columns, file=Path("model.yml"))
    assert list(candidates) == ["dummy", "linear", "bagged"]
    rng = np.random.default_rng(1)
    orders = rng.poisson(3, 400).astype(float)
    features = pd.DataFrame({"orders": orders, "segment": rng.choice(["a", "b"], 400)})
    bagged = candidates["bagged"].pipeline.fit(features, orders < 2)
    assert bagged.score(features, orders < 2) > 0.95
    assert untrusted_types(bagged) == []
